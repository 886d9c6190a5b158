// Files of SQLite, held in memory behind a slow door: every read and write is a promise that resolves
// through a timer, as if it waited for a disk or a network.

import { FacadeVFS } from "@journeyapps/wa-sqlite/src/FacadeVFS.js";
import * as VFS from "@journeyapps/wa-sqlite/src/VFS.js";

const aTimer = () => new Promise((resolve) => setTimeout(resolve, 0));

export class SlowMemoryVFS extends FacadeVFS {
  /** Reads and writes that SQLite, suspended, has waited for. */
  waits = 0;
  #files = new Map(); // by name
  #open = new Map(); // by the number that SQLite gives an open file

  // The package asks which methods return promises: those that are async functions.

  async jRead(id, out, offset) {
    await this.#wait();
    const file = this.#open.get(id);
    const start = Math.min(offset, file.size);
    const end = Math.min(offset + out.byteLength, file.size);
    out.set(file.bytes.subarray(start, end));
    if (end - start === out.byteLength) return VFS.SQLITE_OK;
    out.fill(0, end - start);
    return VFS.SQLITE_IOERR_SHORT_READ;
  }

  async jWrite(id, data, offset) {
    await this.#wait();
    const file = this.#open.get(id);
    const end = offset + data.byteLength;
    if (end > file.bytes.length) {
      const larger = new Uint8Array(Math.max(end, 2 * file.bytes.length));
      larger.set(file.bytes);
      file.bytes = larger;
    }
    file.bytes.set(data.subarray(), offset);
    file.size = Math.max(file.size, end);
    return VFS.SQLITE_OK;
  }

  async #wait() {
    this.waits += 1;
    await aTimer();
  }

  jOpen(name, id, flags, outFlags) {
    let file = this.#files.get(name);
    if (file === undefined) {
      if (!(flags & VFS.SQLITE_OPEN_CREATE)) return VFS.SQLITE_CANTOPEN;
      file = { bytes: new Uint8Array(4096), size: 0 };
      // A temporary file has no name; nobody opens it a second time.
      if (name !== null) this.#files.set(name, file);
    }
    this.#open.set(id, file);
    outFlags.setInt32(0, flags, true);
    return VFS.SQLITE_OK;
  }

  jClose(id) {
    this.#open.delete(id);
    return VFS.SQLITE_OK;
  }

  jTruncate(id, size) {
    const file = this.#open.get(id);
    file.bytes.fill(0, size, file.size);
    file.size = Math.min(file.size, size);
    return VFS.SQLITE_OK;
  }

  jFileSize(id, outSize) {
    outSize.setBigInt64(0, BigInt(this.#open.get(id).size), true);
    return VFS.SQLITE_OK;
  }

  jDelete(name) {
    this.#files.delete(name);
    return VFS.SQLITE_OK;
  }

  jAccess(name, flags, outResult) {
    outResult.setInt32(0, this.#files.has(name) ? 1 : 0, true);
    return VFS.SQLITE_OK;
  }
}
