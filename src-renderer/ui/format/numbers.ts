/** Numbers as the window shows them: never raw floats. */

const counts = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** Making a format costs more than using it a hundred times. */
const significantFormats = new Map<number, Intl.NumberFormat>();

function significant(digits: number): Intl.NumberFormat {
  let format = significantFormats.get(digits);
  if (format === undefined) {
    format = new Intl.NumberFormat('en-US', { maximumSignificantDigits: digits });
    significantFormats.set(digits, format);
  }
  return format;
}

/** 268810 → '268,810'. */
export function formatCount(value: number): string {
  return counts.format(value);
}

/** '1 layer', '12 layers'. */
export function formatCountOf(value: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(value)} ${value === 1 ? singular : plural}`;
}

/**
 * Four significant digits: 0.93912 → '0.9391', 12345.6 → '12,350', 1e-7 → '1e-7'.
 * Put the full value (`String(value)`) on hover and on copy.
 */
export function formatNumber(value: number, digits = 4): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  if (magnitude < 1e-4 || magnitude >= 1e9) {
    return value
      .toExponential(digits - 1)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e')
      .replace('-', '−')
      .replace('e-', 'e−');
  }
  if (Number.isInteger(value) && magnitude < 1e6) return counts.format(value).replace('-', '−');
  return significant(digits).format(value).replace('-', '−');
}

/** A whole number in full, others with four digits: 1000000 → '1,000,000'. */
export function formatLimit(value: number): string {
  return Number.isInteger(value) ? counts.format(value).replace('-', '−') : formatNumber(value);
}

/** What a person typed, or copied from where it is shown: '1,024' → 1024, '−0.5' → -0.5; NaN where it is not a number. */
export function parseNumber(text: string): number {
  const grouped = /^\s*[-−+]?\d{1,3}(?:[,\s]\d{3})+(?:\.\d*)?\s*$/;
  const plain = grouped.test(text) ? text.replaceAll(/[,\s]/g, '') : text;
  return Number(plain.replaceAll('−', '-'));
}

/** 0.939 → '93.9 %'. */
export function formatPercent(fraction: number, decimals = 1): string {
  return `${(fraction * 100).toFixed(decimals)} %`;
}

/** 1536 → '1.5 kB'; decimal units, as file managers show. */
export function formatBytes(sizeBytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = sizeBytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** A value in its own unit: 68432.1, 'USD' → '$68,430'; 3.2, 'km' → '3.2 km'. */
export function formatWithUnit(value: number, unit?: string): string {
  const text = formatNumber(value);
  if (unit === undefined || unit === '') return text;
  const sign = { USD: '$', EUR: '€', GBP: '£' }[unit];
  return sign === undefined ? `${text} ${unit}` : text.startsWith('−') ? `−${sign}${text.slice(1)}` : `${sign}${text}`;
}
