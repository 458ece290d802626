import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/**
 * Frees unused objects and their buffers. V8 frees buffers outside its heap late: unused copies of the weights can take
 * several times the memory of the model. Waits before each collection: native code releases its references in the event
 * loop, some of them after the first collection.
 */
export async function collectGarbage(): Promise<void> {
  for (let round = 0; round < 2; round++) {
    await setImmediate();
    collect();
  }
}
