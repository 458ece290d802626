import { spatialConvolutionTranspose } from './spatial-conv-transpose.ts';

export const conv2dTranspose = spatialConvolutionTranspose(
  2,
  'A convolution the other way round: strides make the image larger.',
);
