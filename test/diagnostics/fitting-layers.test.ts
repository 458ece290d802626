import { describe, expect, it } from 'vitest';
import { blockFits, fittingLayers } from '../../src-shared/diagnostics/fitting-layers.ts';
import { readyBlocks } from '../../src-shared/document/blocks/ready-blocks.ts';

const kinds = (shape: readonly (number | null)[] | null): string[] => fittingLayers(shape).map(({ kind }) => kind);

describe('fittingLayers', () => {
  it('offers Dense and merging for rows, and no convolution', () => {
    const found = kinds([null, 8]);
    expect(found).toEqual(expect.arrayContaining(['Dense', 'Add', 'Dropout', 'Output']));
    expect(found).not.toContain('Conv2D');
    expect(found).not.toContain('Input');
  });

  it('offers convolutions and pooling for images', () => {
    const found = kinds([null, 28, 28, 1]);
    expect(found).toEqual(expect.arrayContaining(['Conv2D', 'MaxPooling2D', 'Flatten', 'GlobalAveragePooling2D']));
    expect(found).not.toContain('Conv1D');
  });

  it('offers every layer with an input if the shape is unknown', () => {
    expect(kinds(null).length).toBeGreaterThan(kinds([null, 8]).length);
  });

  it('offers blocks that can read the value, at each of their inputs', () => {
    const names = (shape: readonly (number | null)[] | null) =>
      readyBlocks.filter((block) => blockFits(block, readyBlocks, shape)).map(({ name }) => name);
    expect(names(null)).toHaveLength(readyBlocks.length);
    expect(names([null, 32])).toEqual(['dense_stack']);
    expect(names([null, 28, 28, 3])).toContain('conv_bn_relu');
    expect(names([null, 28, 28, 32])).toEqual(expect.arrayContaining(['conv_bn_relu', 'residual']));
    const [block] = readyBlocks;
    const outer = { ...block!, id: 'outer', nodes: block!.nodes.filter(({ kind }) => kind !== 'BlockInput') };
    expect(blockFits(outer, [outer], [null, 32])).toBe(false);
  });
});
