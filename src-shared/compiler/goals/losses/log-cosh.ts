import { errorOf, meanOfValues } from './loss.ts';
import type { LossRule } from './loss.ts';

/** mean log(cosh(e)) = e + softplus(−2·e) − log 2; e = p − y. Source: Keras 3 log_cosh. */
export const logCosh: LossRule<'logCosh'> = (call) => {
  const { builder: b } = call;
  const error = errorOf(call);
  const rest = b.plain('softplus', b.multiply(error, b.scalar(-2)));
  return meanOfValues(call, b.subtract(b.add(error, rest), b.scalar(Math.LN2)));
};
