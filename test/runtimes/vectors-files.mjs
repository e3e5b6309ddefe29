// What a browser has in place of the modules of Node that read a folder: files of the server.
export async function readdir(folder) {
  const names = await (await fetch(`${folder}/`)).json();
  return names.map((name) => ({ name, parentPath: folder, isDirectory: () => false }));
}

export async function readFile(path) {
  return new Uint8Array(await (await fetch(path)).arrayBuffer());
}

export const join = (...parts) => parts.join('/');
export const relative = (folder, path) => path.slice(folder.length + 1);
export const promisify = (callback) => callback;
export function gunzip() {
  throw new Error('the server sends plain files');
}
