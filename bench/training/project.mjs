// Writes a network of the benchmarks as a project.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { networks } from './networks.mjs';

/** @returns {string} A new temporary project folder; the caller removes it. */
export function writeProject(name) {
  const folder = mkdtempSync(join(tmpdir(), 'lamina-bench-'));
  const { model, dataset, configuration } = networks[name];
  const write = (file, value) => writeFileSync(join(folder, file), JSON.stringify(value));
  write('model.lamina.json', { format: 'lamina.model', version: 6, name, blocks: [], ...model });
  write('data.dataset.json', dataset);
  write('lamina-project.json', {
    ...{ format: 'lamina.project', version: 1, name },
    ...{ modelFile: 'model.lamina.json', datasetFile: 'data.dataset.json', configuration },
  });
  return folder;
}
