import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fitsClasses, trainedHead } from '../../src-shared/compiler/trained-head.ts';
import type { ModelDocument, ModelWeights } from '../../src-shared/document/schema/model-document.ts';
import type { ImportLoss } from '../../src-shared/interchange/import-report.ts';
import { classesInJson, classesInLines } from './importer/class-lists.ts';
import type { ImportedModel } from './importer/model-importer.ts';

/** Files with the names of classes in the folder of a model, as Teachable Machine writes them, and how they are read. */
const BESIDE: readonly (readonly [string, (text: string) => readonly string[] | null])[] = [
  ['labels.txt', classesInLines],
  ['metadata.json', (text) => classesInJson(parsed(text))],
];

const MAX_BYTES = 2 ** 20;

/** Names that a message lists. */
const MOST_NAMED = 6;

type Classes = NonNullable<ModelWeights['classes']>;

/** Classes that a file's head was trained for, and lines of the report. */
interface TrainedClasses {
  readonly known: Classes | null;
  readonly losses: readonly ImportLoss[];
}

const NONE: TrainedClasses = { known: null, losses: [] };

/**
 * Names of the classes in the file, or in a file of its folder.
 *
 * @param source The file; of a SavedModel its folder.
 */
export async function trainedClasses(model: ImportedModel, source: string): Promise<TrainedClasses> {
  if (model.weights === null || model.matches !== null) return NONE;
  const own = model.classes === undefined ? null : { names: model.classes, from: 'the file' };
  const found = own ?? (await namesBeside(source));
  if (found === null) return NONE;
  const { names, from } = found;
  const head = trainedHead(model.document, null);
  if (head === null || !fitsClasses(head, names)) {
    const units = head === null ? 'the model does not give one row of values' : `the output has ${head.units} values`;
    return noted('ignored-classes', `The names of ${names.length} classes in ${from} are ignored: ${units}.`);
  }
  const list = names.slice(0, MOST_NAMED).map((name, index) => `${name} = ${index}`);
  const message = `'${head.layer}' was trained for the classes in ${from}: ${list.join(', ')}${names.length > MOST_NAMED ? ', …' : ''}. They are compared with those of the data set.`;
  return { known: [{ layer: head.layer, names: [...names] }], losses: noted('classes', message).losses };
}

const noted = (code: string, message: string): TrainedClasses => ({
  known: null,
  losses: [{ code: `model-file/${code}`, severity: 'note', layer: null, message }],
});

export function withClasses(document: ModelDocument, classes: Classes | null): ModelDocument {
  const { weights } = document;
  return classes === null || weights === undefined ? document : { ...document, weights: { ...weights, classes } };
}

async function namesBeside(source: string): Promise<{ names: readonly string[]; from: string } | null> {
  for (const [name, read] of BESIDE) {
    const path = join(dirname(source), name);
    const { size } = await stat(path).catch(() => ({ size: Infinity }));
    const names = size > MAX_BYTES ? null : read(await readFile(path, 'utf8').catch(() => ''));
    if (names !== null) return { names, from: `'${name}' in its folder` };
  }
  return null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
