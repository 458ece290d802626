/** With less progress or time the rate is too uncertain. */
const LEAST_SHARE = 0.02;
const LEAST_SECONDS = 1;

/** Estimates the time left of a task from its mean rate. The rate is measured again from where the fraction falls. */
export class TimeLeft {
  #from: { readonly seconds: number; readonly fraction: number } | null = null;
  #last = 0;

  /**
   * @param seconds Since the start of the task.
   * @param fraction 0 to 1; null: unknown. A smaller one than before begins the next part of the task.
   * @returns Seconds; null: not known yet.
   */
  at(seconds: number, fraction: number | null): number | null {
    if (fraction === null) {
      this.#from = null;
      return null;
    }
    if (this.#from === null || fraction < this.#last) this.#from = { seconds, fraction };
    this.#last = fraction;
    const [took, done] = [seconds - this.#from.seconds, fraction - this.#from.fraction];
    if (took < LEAST_SECONDS || done < LEAST_SHARE) return null;
    return Math.ceil((took * (1 - fraction)) / done);
  }
}
