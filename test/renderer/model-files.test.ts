import { describe, expect, test } from 'vitest';
import {
  looksLikeModel,
  readModelFile,
  readModelText,
} from '../../src-renderer/features/model/starting-points/read-model-file.ts';

const keras = JSON.stringify({
  class_name: 'Sequential',
  config: {
    name: 'mine',
    layers: [
      { class_name: 'InputLayer', config: { batch_shape: [null, 4], name: 'in' } },
      { class_name: 'Dense', config: { name: 'head', units: 2, activation: 'relu' } },
    ],
  },
});
const lamina = JSON.stringify({ format: 'lamina.model', version: 1, name: 'old', nodes: [{ id: 'x' }], edges: [] });

describe('reading a model file', () => {
  test('reads a Keras configuration', () => {
    const { document } = readModelText(keras, 'mine.json');
    expect(document!.nodes.map(({ name }) => name)).toContain('head');
    expect(document!.name).toBe('mine');
  });

  test('reads the valid parts of an older model document, with notes', async () => {
    const { document, losses } = await readModelFile(new File([lamina], 'old.lamina.json'));
    expect(document).toMatchObject({ version: 6, name: 'old', nodes: [] });
    expect(losses.map(({ message }) => message).join()).toMatch(/old\.lamina\.json.*node 1/);
  });

  test('reads a refused Keras configuration as no document, with all that was refused', () => {
    const refused = keras.replace('"units":2', '"units":"two","lora_rank":4');
    const { document, losses } = readModelText(refused, 'mine.json');
    expect(document).toBeNull();
    expect(losses.map(({ severity }) => severity)).toEqual(['refused', 'refused']);
  });

  test('rejects other files by name', () => {
    expect(() => readModelText('epochs: 3', 'notes.txt')).toThrow(/notes\.txt/);
    expect(() => readModelText('{"a": 1}', 'a.json')).toThrow(/a\.json/);
  });

  test('looksLikeModel is false for pasted layers and plain text', () => {
    const texts = [keras, JSON.stringify(keras), lamina, '{"format":"lamina.layers"}', 'conv32'];
    expect(texts.map(looksLikeModel)).toEqual([true, true, true, false, false]);
  });
});
