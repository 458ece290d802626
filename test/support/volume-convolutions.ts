import type { Conv3dAttributes } from '../../src-shared/program/language/types.ts';

/** Convolutions of volumes [N, D, H, W, C] with kernels [kd, kh, kw, C / groups, F], and their output shapes. */
interface VolumeConvolution {
  readonly title: string;
  readonly attributes: Conv3dAttributes;
  readonly x: readonly number[];
  readonly kernel: readonly number[];
  readonly y: readonly number[];
}

const plain: Conv3dAttributes = { strides: [1, 1, 1], padding: 'valid', dilations: [1, 1, 1], groups: 1 };

export const volumeConvolutions: readonly VolumeConvolution[] = [
  { title: 'valid', attributes: plain, x: [2, 3, 4, 3, 2], kernel: [2, 3, 2, 2, 3], y: [2, 2, 2, 2, 3] },
  {
    title: 'same, different strides',
    attributes: { ...plain, padding: 'same', strides: [1, 2, 3] },
    x: [1, 2, 5, 4, 1],
    kernel: [2, 3, 3, 1, 2],
    y: [1, 2, 3, 2, 2],
  },
  {
    title: 'valid, strides with a remainder',
    attributes: { ...plain, strides: [2, 2, 2] },
    x: [1, 4, 3, 6, 1],
    kernel: [2, 2, 3, 1, 2],
    y: [1, 2, 1, 2, 2],
  },
  {
    title: 'dilated, same',
    attributes: { ...plain, padding: 'same', dilations: [1, 2, 3] },
    x: [1, 2, 3, 4, 1],
    kernel: [2, 2, 2, 1, 2],
    y: [1, 2, 3, 4, 2],
  },
  {
    title: 'groups',
    attributes: { ...plain, groups: 2, padding: 'same', strides: [2, 1, 1] },
    x: [2, 3, 2, 2, 4],
    kernel: [2, 2, 1, 2, 4],
    y: [2, 2, 2, 2, 4],
  },
  {
    title: 'groups of one channel, dilated',
    attributes: { ...plain, groups: 3, dilations: [2, 1, 1] },
    x: [1, 3, 2, 3, 3],
    kernel: [2, 2, 2, 1, 6],
    y: [1, 1, 1, 2, 6],
  },
];
