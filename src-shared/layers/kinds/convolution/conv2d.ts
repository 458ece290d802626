import { spatialConvolution } from './spatial-conv.ts';

export const conv2d = spatialConvolution(2, 'Slides small filters over an image.');
