// A name that people can say for a peer that they can only compare: a bird and four hex digits, from
// a hash of the peer's id. Equal everywhere without anybody telling anybody; two peers may share
// one, so nothing is ever looked up by it alone.

import type { PeerId } from '../model/ids.ts'

const birds = [
  ['albatross', 'avocet', 'barbet', 'bittern', 'blackbird', 'bluetit', 'bobolink', 'brambling'],
  ['bullfinch', 'bunting', 'bustard', 'buzzard', 'caracara', 'cassowary', 'chaffinch', 'chough'],
  ['condor', 'coot', 'cormorant', 'corncrake', 'crane', 'crossbill', 'cuckoo', 'curlew'],
  ['dipper', 'dotterel', 'dove', 'dunlin', 'dunnock', 'eagle', 'egret', 'eider'],
  ['falcon', 'fieldfare', 'finch', 'flamingo', 'fulmar', 'gadwall', 'gannet', 'godwit'],
  ['goldcrest', 'goosander', 'goshawk', 'grebe', 'guillemot', 'harrier', 'heron', 'hobby'],
  ['hoopoe', 'hornbill', 'ibis', 'jackdaw', 'jay', 'kestrel', 'kingfisher', 'kite'],
  ['kittiwake', 'knot', 'lapwing', 'lark', 'linnet', 'magpie', 'mallard', 'martin'],
  ['merlin', 'moorhen', 'nightjar', 'nuthatch', 'oriole', 'osprey', 'ouzel', 'owl'],
  ['partridge', 'pelican', 'petrel', 'phalarope', 'pintail', 'pipit', 'plover', 'pochard'],
  ['puffin', 'quail', 'raven', 'razorbill', 'redpoll', 'redshank', 'redstart', 'robin'],
  ['roller', 'rook', 'ruff', 'sanderling', 'sandpiper', 'serin', 'shearwater', 'shelduck'],
  ['shoveler', 'shrike', 'siskin', 'skua', 'skylark', 'smew', 'snipe', 'sparrow'],
  ['spoonbill', 'starling', 'stilt', 'stint', 'stonechat', 'stork', 'swallow', 'swan'],
  ['swift', 'tanager', 'teal', 'tern', 'thrush', 'toucan', 'treecreeper', 'turnstone'],
  ['twite', 'vireo', 'wagtail', 'warbler', 'waxwing', 'wheatear', 'whimbrel', 'wren'],
].flat()

/** `kestrel-3f9c`: a bird and four hex digits that follow from the peer's id. */
export function peerName(peer: PeerId): string {
  const hash = fnv1a(peer)
  const bird = birds[(hash >>> 16) % birds.length]
  return `${bird}-${(hash & 0xffff).toString(16).padStart(4, '0')}`
}

/** 32-bit FNV-1a (Fowler, Noll, Vo) with a final mix (Murmur 3's), over UTF-16 units: ids are ASCII. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
