import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { HostTensor } from '../../src-main/engines/interface/engine.ts';
import { artifactsFolder, readArtifact } from '../../src-main/runs/artifacts.ts';

/** Metrics of each epoch, the commands, and the last weights with the optimizer's state, as the run history has them. */
export async function resultOf(
  project: string,
  run: number,
): Promise<{ epochs: unknown[]; commands: unknown[]; weights: ReadonlyMap<string, HostTensor> }> {
  const database = new DatabaseSync(join(project, 'runs.sqlite'), { readOnly: true });
  try {
    const id = 'run_id = (SELECT id FROM runs WHERE number = ?)';
    const last = database.prepare(`SELECT sha256 FROM checkpoints WHERE ${id} AND kind = 'last'`).get(run);
    return {
      epochs: database.prepare(`SELECT epoch, metrics FROM epochs WHERE ${id} ORDER BY epoch`).all(run),
      commands: database
        .prepare(`SELECT step, command FROM run_commands WHERE ${id} ORDER BY seq`)
        .all(run)
        .map(({ step, command }) => ({ step, command: JSON.parse(String(command)) as unknown })),
      weights: (await readArtifact(artifactsFolder(project), String(last?.['sha256']))).tensors,
    };
  } finally {
    database.close();
  }
}
