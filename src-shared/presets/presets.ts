/** A usual configuration of hidden layers, applied as one. */
export interface Preset {
  readonly id: string;
  readonly title: string;
  /** One sentence: what it does and when it is right. */
  readonly description: string;
  readonly activation: string;
  readonly initializer: string;
  /** True: each layer is followed by BatchNormalization; false: by none. */
  readonly normalization: boolean;
  readonly dropout: 'Dropout' | 'AlphaDropout';
}

export const presets: readonly Preset[] = [
  {
    id: 'relu',
    title: 'ReLU + He + BatchNormalization',
    description: 'Trains deep networks of any shape: every hidden layer starts with He and is normalized.',
    activation: 'relu',
    initializer: 'heNormal',
    normalization: true,
    dropout: 'Dropout',
  },
  {
    id: 'selu',
    title: 'SELU + LeCun + AlphaDropout',
    description:
      'For plain deep stacks on standardized inputs: layers normalize themselves, without BatchNormalization.',
    activation: 'selu',
    initializer: 'lecunNormal',
    normalization: false,
    dropout: 'AlphaDropout',
  },
  {
    id: 'plain',
    title: 'Plain ReLU',
    description: 'ReLU from Glorot as in Keras’s examples, without normalization: enough for a few layers.',
    activation: 'relu',
    initializer: 'glorotUniform',
    normalization: false,
    dropout: 'Dropout',
  },
];
