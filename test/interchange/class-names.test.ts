import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { classesInJson, classesInLines, classesInMetadata } from '../../src-main/interchange/importer/class-lists.ts';
import { Message } from '../../src-main/engines/interface/protobuf-writer.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { Dice } from '../support/dice.ts';
import { floats, y } from '../support/graph-cases.ts';
import { placeholder, writeGraph } from '../support/graph-files.ts';
import { imported, unpackedFixture } from '../support/imported-models.ts';
import { onnxNode, onnxWeights, writeOnnxGraph } from '../support/onnx-graphs.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures');

async function opened(path: string): Promise<{ classes: unknown; losses: string[] }> {
  const { document, report } = await imported(path, join(temporaryFolder(), 'artifacts'));
  return { classes: (document as ModelDocument).weights?.classes, losses: report.losses.map(({ code }) => code) };
}

/** A TensorFlow Lite model with three values, without its own names. */
async function modelIn(folder: string): Promise<string> {
  const path = join(folder, 'm.tflite');
  writeFileSync(path, await unpackedFixture(join(FIXTURES, 'tflite', 'rows.dynamic.tflite')));
  return path;
}

test.each([
  ['labels.txt', '0 bees\n1 ants\n2 wasps\n', ['bees', 'ants', 'wasps']],
  ['labels.txt', 'bees\r\nants\r\nwasps', ['bees', 'ants', 'wasps']],
  ['metadata.json', '{"tfjsVersion":"1.7.4","labels":["bees","ants","wasps"]}', ['bees', 'ants', 'wasps']],
])('%s beside a model: %j', async (name, text, names) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, name), text);
  const { classes, losses } = await opened(await modelIn(folder));
  expect(classes).toEqual([{ layer: 'StatefulPartitionedCall_1', names }]);
  expect(losses).toContain('model-file/classes');
});

test('names of another number of classes are ignored, and the report says so', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'labels.txt'), 'ants\nbees\n');
  const { classes, losses } = await opened(await modelIn(folder));
  expect(classes).toBeUndefined();
  expect(losses).toContain('model-file/ignored-classes');
});

test('a model without names, or beside other texts, has none', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'labels.txt'), '');
  writeFileSync(join(folder, 'metadata.json'), 'not JSON');
  const { classes, losses } = await opened(await modelIn(folder));
  expect(classes).toBeUndefined();
  expect(losses.filter((code) => code.includes('classes'))).toEqual([]);
});

test('labels in the metadata of a TensorFlow Lite file', async () => {
  const path = join(temporaryFolder(), 'm.tflite');
  writeFileSync(path, await unpackedFixture(join(FIXTURES, 'tflite', 'labelled.tflite')));
  expect((await opened(path)).classes).toMatchObject([{ names: ['bees', 'ants', 'wasps'] }]);
});

test('class names in ONNX metadata are used rather than those of labels.txt in the same folder', async () => {
  const path = writeOnnxGraph(
    'm',
    [4],
    [onnxNode('MatMul', ['x', 'w'], ['y'])],
    [onnxWeights(new Dice(1, 'w'), 'w', [4, 3])],
  );
  const entry = new Message().string(1, 'names').string(2, "{0: 'bees', 1: 'ants', 2: \"bird's nests\"}");
  writeFileSync(path, Buffer.concat([readFileSync(path), new Message().message(14, entry).toBytes()]));
  writeFileSync(join(path, '../labels.txt'), 'a\nb\nc\n');
  expect((await opened(path)).classes).toMatchObject([{ names: ['bees', 'ants', "bird's nests"] }]);
});

test("labels in TensorFlow.js's userDefinedMetadata", async () => {
  const graph = {
    nodes: [placeholder('x', [-1, 4]), y('MatMul', ['x', 'w'])],
    constants: { w: floats(4, 3) },
    outputs: { y: 'y' },
  };
  const path = writeGraph(temporaryFolder(), graph);
  const json = JSON.parse(readFileSync(path, 'utf8')) as object;
  writeFileSync(path, JSON.stringify({ ...json, userDefinedMetadata: { labels: ['bees', 'ants', 'wasps'] } }));
  expect((await opened(path)).classes).toMatchObject([{ names: ['bees', 'ants', 'wasps'] }]);
});

test('lists of classes in metadata', () => {
  const text = (value: string): unknown => classesInMetadata(new Map([['classes', value]]));
  expect(text('["a", "b"]')).toEqual(['a', 'b']);
  expect(text('{"1": "b", "0": "a"}')).toEqual(['a', 'b']);
  expect(text('a, b,c')).toEqual(['a', 'b', 'c']);
  expect(text("{0: 'a', 2: 'b'}")).toBeNull();
  expect(text('80')).toBeNull();
  expect(classesInJson({ id2label: { 0: 'a', 1: 'b' } })).toEqual(['a', 'b']);
  expect(classesInJson({ labels: [1, 2] })).toBeNull();
  expect(classesInJson(null)).toBeNull();
  expect(classesInLines('1 ants\n2 bees')).toEqual(['1 ants', '2 bees']);
  expect(classesInLines('one')).toBeNull();
});
