// Loaded before the command: half a second after it founded a mesh, the machine of its peer breaks.

import { Peer } from '@murmuration/core/internal'

const { found } = Peer.prototype
Peer.prototype.found = function () {
  found.call(this)
  setTimeout(() => this.post({ type: 'nonsense' }), 500)
}
