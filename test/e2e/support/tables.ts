import { writeFileSync } from 'node:fs';

/** Deterministic numbers in [0, 1) from a seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SPECIES = ['adelie', 'chinstrap', 'gentoo'] as const;

/**
 * A CSV table of generated birds: two lengths, a color, and the species, which a small network can learn. Every 50th row
 * lacks a length.
 */
export function writeBirds(path: string, rows = 900): void {
  const random = randomNumbers(7);
  const lines = ['bill,flipper,colour,species'];
  for (let row = 0; row < rows; row += 1) {
    const kind = row % 3;
    const bill = 34 + 6 * (kind % 2) + 5 * random();
    const flipper = 180 + 14 * Math.floor(kind / 2) + 16 * random();
    const colour = random() < 0.7 ? ['grey', 'black', 'brown'][kind] : 'grey';
    lines.push([row % 50 === 49 ? '' : bill.toFixed(2), flipper.toFixed(1), colour, SPECIES[kind]].join(','));
  }
  writeFileSync(path, `${lines.join('\n')}\n`);
}
