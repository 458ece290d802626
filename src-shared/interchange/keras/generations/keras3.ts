import type { ConfiguredLayer } from './generation.ts';

/** Keras 3: classes that are other layers with these arguments. */
const CLASSES: Readonly<Record<string, ConfiguredLayer>> = {
  Identity: { className: 'Activation', config: { activation: 'linear' } },
};

export function fromKeras3({ className, config }: ConfiguredLayer): ConfiguredLayer {
  const other = CLASSES[className];
  return other === undefined
    ? { className, config }
    : { className: other.className, config: { ...config, ...other.config } };
}
