/** Ids counted exactly; beyond that, a sample of them is counted and scaled up. */
export const EXACT_TRACES = 1 << 20;

const NO_TABLE = new Uint32Array(0);

/**
 * How many different trace ids there are, in bounded memory: a hash table of 64-bit hashes (two of a million ids meet in it with a
 * chance of 1 to 30 million). When a million is exceeded only hashes with k low zero bits stay, k growing, and stand for 2^k each.
 */
export class TraceCount {
  /** Empty up to the second id: most small files have one, and a table for each had cost more than counting. */
  #table = NO_TABLE;
  #onlyHigh = 0;
  #onlyLow = 0;
  #used = 0;
  #level = 0;
  #last0 = 0;
  #last1 = 0;
  #last2 = 0;
  #last3 = 0;

  get count(): number {
    return this.#used * 2 ** this.#level;
  }

  get exact(): boolean {
    return this.#level === 0;
  }

  /** Adds so many trace ids of four words each, in whatever order of bytes the memory has. Consecutive spans mostly share theirs. */
  add(ids: Uint32Array, count: number): void {
    for (let i = 0; i < count * 4; i += 4) {
      const a = ids[i] as number;
      const b = ids[i + 1] as number;
      const c = ids[i + 2] as number;
      const d = ids[i + 3] as number;
      if (a === this.#last0 && b === this.#last1 && c === this.#last2 && d === this.#last3) continue;
      this.#last0 = a;
      this.#last1 = b;
      this.#last2 = c;
      this.#last3 = d;
      const high = hash(a, b, c, d, 0x9e3779b9);
      const low = hash(d, c, b, a, 0x85ebca6b) || 1;
      if ((high & ((1 << this.#level) - 1)) === 0) this.#insert(high, low);
    }
  }

  #insert(high: number, low: number): void {
    if (this.#table.length === 0 && !this.#hasTable(high, low)) return;
    const table = this.#table;
    const mask = table.length / 2 - 1;
    for (let slot = (low ^ (high >>> 7)) & mask; ; slot = (slot + 1) & mask) {
      const held = table[slot * 2 + 1];
      if (held === 0) {
        table[slot * 2] = high;
        table[slot * 2 + 1] = low;
        this.#used++;
        break;
      }
      if (held === low && table[slot * 2] === high) return;
    }
    if (this.#used > EXACT_TRACES) this.#thin();
    else if (this.#used * 2 > mask) this.#rebuild(table.length * 4);
  }

  /** The first id is only remembered; another one makes a table with it. */
  #hasTable(high: number, low: number): boolean {
    if (this.#used === 0) {
      this.#onlyHigh = high;
      this.#onlyLow = low;
      this.#used = 1;
      return false;
    }
    if (high === this.#onlyHigh && low === this.#onlyLow) return false;
    this.#table = new Uint32Array(2 * 8);
    this.#used = 0;
    this.#insert(this.#onlyHigh, this.#onlyLow);
    return true;
  }

  #thin(): void {
    this.#level++;
    this.#rebuild(this.#table.length);
  }

  #rebuild(size: number): void {
    const old = this.#table;
    this.#table = new Uint32Array(size);
    this.#used = 0;
    const zeros = (1 << this.#level) - 1;
    for (let i = 0; i < old.length; i += 2) {
      const high = old[i] as number;
      const low = old[i + 1] as number;
      if (low !== 0 && (high & zeros) === 0) this.#insert(high, low);
    }
  }
}

/** Multiplication carries every bit upwards, the shifts carry it down again: each bit of an id reaches every bit of the hash. */
function hash(a: number, b: number, c: number, d: number, seed: number): number {
  let h = Math.imul(a ^ seed, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15) ^ b, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 13) ^ c, 0x27d4eb2f);
  h = Math.imul(h ^ (h >>> 15) ^ d, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 13), 0x85ebca6b);
  return (h ^ (h >>> 16)) >>> 0;
}
