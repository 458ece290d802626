/** A common configuration of hidden layers. */
export interface Preset {
  readonly id: string;
  readonly title: string;
  /** One sentence: what it does and when to use it. */
  readonly description: string;
  readonly activation: string;
  readonly initializer: string;
  /** Whether each layer is followed by BatchNormalization. */
  readonly normalization: boolean;
  readonly dropout: 'Dropout' | 'AlphaDropout';
}

export const presets: readonly Preset[] = [
  {
    id: 'relu',
    title: 'ReLU + He + BatchNormalization',
    description: 'For deep networks of any shape: He initialization and batch normalization of every hidden layer.',
    activation: 'relu',
    initializer: 'heNormal',
    normalization: true,
    dropout: 'Dropout',
  },
  {
    id: 'selu',
    title: 'SELU + LeCun + AlphaDropout',
    description:
      'For deep sequential networks on standardized inputs: layers are self-normalizing, without BatchNormalization.',
    activation: 'selu',
    initializer: 'lecunNormal',
    normalization: false,
    dropout: 'AlphaDropout',
  },
  {
    id: 'plain',
    title: 'Plain ReLU',
    description:
      'ReLU with Glorot initialization as in Keras’s examples, without normalization: for networks of few layers.',
    activation: 'relu',
    initializer: 'glorotUniform',
    normalization: false,
    dropout: 'Dropout',
  },
];
