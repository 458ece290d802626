/** Numbers in blocks of one size, so that growing copies nothing. */
export class GrowingArray<A extends Float64Array | Int32Array> {
  static readonly #block = 2 ** 16;
  readonly #create: new (length: number) => A;
  readonly #full: A[] = [];
  #last: A;
  /** Values in the last block. */
  #used = 0;

  constructor(create: new (length: number) => A) {
    this.#create = create;
    this.#last = new create(GrowingArray.#block);
  }

  get length(): number {
    return this.#full.length * GrowingArray.#block + this.#used;
  }

  push(value: number): void {
    if (this.#used === GrowingArray.#block) {
      this.#full.push(this.#last);
      this.#last = new this.#create(GrowingArray.#block);
      this.#used = 0;
    }
    this.#last[this.#used++] = value;
  }

  /** @returns An array of exactly the pushed values; nothing can be pushed afterwards. */
  finish(): A {
    const all = new this.#create(this.length);
    this.#full.forEach((block, index) => all.set(block, index * GrowingArray.#block));
    all.set(this.#last.subarray(0, this.#used), this.#full.length * GrowingArray.#block);
    this.#full.length = 0;
    return all;
  }
}
