// What is only needed in a mesh, as one thing to load: the peer itself, what looks at the mesh, and the board.

export { enter } from './enter.ts'
export { PictureFollower, pictureAsked, startPicture } from './picture-job.ts'
export { board } from './view/board.ts'
export { Watch } from './watch.ts'
