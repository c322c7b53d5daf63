// The page: what stands on the screen follows from where it is on its way into the mesh. It wires the parts
// together; what each screen looks like is in view/, how one gets into a mesh in enter.ts.

import { render } from 'lit-html'
import { Stay } from './stay.ts'
import { whatIsMissing } from './support.ts'
import { screen } from './view/screen.ts'

const root = document.getElementById('page')!
const stay = new Stay({ missing: whatIsMissing(), address: location.href, changed: () => soon() })

let isDue = false

/** At most one drawing per frame, none while nobody looks. */
function soon(): void {
  if (isDue) return
  isDue = true
  requestAnimationFrame(() => {
    isDue = false
    render(screen(stay), root)
  })
}

addEventListener('hashchange', () => location.reload())
// A page that is closed says goodbye as far as there is time; whatever comes back from the cache joins anew.
addEventListener('pageshow', (event) => event.persisted && location.reload())
stay.begin()
soon()
