import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { kerasCode } from '../../src-shared/interchange/keras/code.ts';
import { toKeras } from '../../src-shared/interchange/keras/to-keras.ts';
import { kerasJson } from '../../src-shared/interchange/keras/write-json.ts';
import { layers } from '../../src-shared/layers/catalog/catalog.ts';
import { numericFeatures, sequentialDocument } from '../support/documents.ts';

const python = process.env['LAMINA_PEERS_PYTHON'];

const SHAPES = [[6], [5, 6], [6, 6, 4], [5, 6, 6, 4]];

/** Models of one frozen layer each, of all kinds with weights that Keras has, on a shape that the layer takes. */
function frozenModels(): { kind: string; document: ModelDocument; features: ReturnType<typeof numericFeatures> }[] {
  return layers.flatMap(({ kind, keras }) => {
    if (keras?.missing === true) return [];
    for (const shape of SHAPES) {
      const features = numericFeatures(shape);
      const params = {
        ...(kind === 'GroupNormalization' ? { groups: 2 } : {}),
        ...(kind === 'Attention' ? { useScale: true } : {}),
      };
      const document = sequentialDocument([{ kind, name: 'it', params, frozen: true }]);
      const analysis = analyze(document, features);
      const layer = document.nodes.find(({ name }) => name === 'it')!;
      if ((analysis.nodes.get(layer.id)?.parameters ?? 0) > 0) return [{ kind, document, features }];
    }
    return [];
  });
}

describe.skipIf(python === undefined)('frozen layers that are written for Keras', () => {
  it('have no trainable weights there, in code and JSON', { timeout: 300_000 }, async () => {
    const models = frozenModels();
    expect(models.length).toBeGreaterThan(20);
    const written = models.map(({ document, features }) => {
      const model = toKeras(document, analyze(document, features), features);
      const { text, notes } = kerasJson(model);
      const after = notes.flatMap((note) => /model\.get_layer.*$/.exec(note) ?? []);
      return { code: kerasCode(model), json: text, after };
    });
    const folder = await mkdtemp(join(tmpdir(), 'lamina-peers-'));
    try {
      const file = join(folder, 'models.json');
      await writeFile(file, JSON.stringify(written));
      const script = join(import.meta.dirname, 'count_trainable.py');
      const { stdout } = await promisify(execFile)(python!, [script, file]);
      const counts = JSON.parse(stdout.trim().split('\n').at(-1)!) as [number, number][];
      const training = counts.flatMap(([code, json], index) =>
        code + json > 0 ? [[models[index]!.kind, code, json]] : [],
      );
      expect(training).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
