import { RunStore } from '../../src-main/runs/store.ts';
import { exampleRun } from './example-run.ts';

/** Another core for tests: starts one run and waits. */
const store = RunStore.open(process.argv[2]!);
const { id } = store.createRun(exampleRun());
store.setState(id, 'running');
store.recordSteps(id, 1, Float32Array.of(3, 2, 1), 1);
process.send?.(id);
setInterval(() => {}, 60_000);
