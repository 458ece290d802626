import { spatialConvolution } from './spatial-conv.ts';

export const conv3d = spatialConvolution(3, 'Slides small filters through a volume, or through a clip of images.');
