/** Constants of SELU. Source: G. Klambauer et al., arXiv:1706.02515 (2017). */
export const SELU_ALPHA = 1.6732632423543772;
export const SELU_SCALE = 1.0507009873554805;
