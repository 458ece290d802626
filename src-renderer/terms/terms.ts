/** The field's terms in one line, with their formula, for tooltips. */

export const terms = {
  optimizer: 'How weights w follow the gradient g.',
  learningRate: 'Size η of each step.\nToo large: the loss jumps or becomes NaN. Too small: it hardly falls.',
  clip: 'Keeps gradients small, against jumps of the loss.\nBy value: g ← min(max(g, −c), c).\nBy norm: g ← g·min(1, c / ‖g‖), for each weight, or for all together.',
  weightDecay: 'Taken off each weight at every update.\nw ← w − η·λ·w',
  gradientAccumulationSteps:
    'Steps whose gradients are averaged for one update: a larger batch in less memory.\nEmpty: every step updates.',
  schedule: 'How the learning rate η changes over the run, counted in steps or in epochs.',
  scheduleUnit:
    'In steps the rate changes at every step, in epochs once an epoch.\nChanging it resets the schedule to its defaults.',
  warmUp:
    'A linear rise to the learning rate before the schedule begins, against a bad start.\nη(t) = from + (η − from)·t / length',
  loss: 'What training makes small.\nMSE: mean of (y − ŷ)².\nCross-entropy: mean of −log p(true class).',
  metrics:
    'Figures to read, not to train on.\nAccuracy: share of right classes. MAE: mean |y − ŷ|. MSE: mean (y − ŷ)². RMSE: √MSE.',
  lossWeight: "Weight of this output's loss in the sum.\nloss = Σ weight · loss of the output",
  classWeights:
    'How much examples of each class count in the loss of training, for classes of which there are few.\nBalanced: rows / (classes · rows of the class)',
  epochs: 'Passes over all training rows.',
  batchSize: 'Rows in one step.\nSteps in an epoch = ⌈rows / batch size⌉',
  shuffle: 'A new order of the training rows in each epoch, drawn from the seed.',
  seed: 'Key of all randomness: first weights, order of rows, dropout.\nThe same seed gives the same run.',
  engine: 'What computes. Automatic takes the fastest that is ready.',
  cachedFeatures:
    'Outputs of frozen layers are computed once, stored in the data cache and read in each epoch, if this saves time.\nOff: they are computed in each step.',
  cachedVariants:
    'Layers that change images at random, before frozen ones, keep the frozen part from being computed once. With a number n, n variants of each image are drawn from the seed and computed once; epochs take them in turn.\nEmpty: each epoch draws new ones.',
} as const;
