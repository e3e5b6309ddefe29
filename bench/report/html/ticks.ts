/**
 * Ticks of logarithmic axes. Left to themselves such axes show more labels than fit on a phone.
 *
 * @module
 */

/** Powers of ten in a range; where they are fewer than two, also what is twice and five times one, up to a number. */
export function logTicks(low: number, high: number, most: number): number[] {
  const powers = Array.from({ length: 20 }, (_, i) => 10 ** (i - 6));
  const inRange = (ticks: number[]) => ticks.filter((tick) => tick >= low * 0.999 && tick <= high * 1.001);
  const tens = inRange(powers);
  const finer = inRange(powers.flatMap((power) => [power, 2 * power, 5 * power]));
  if (tens.length >= 2 && finer.length > most) return thin(tens, most);
  return thin(finer, most);
}

/** Every second one, until there are few enough. */
function thin(ticks: readonly number[], most: number): number[] {
  if (ticks.length <= most) return [...ticks];
  return thin(
    ticks.filter((_, i) => i % 2 === 0),
    most,
  );
}

/**
 * As many of some values as have room between them, the first and last in any case.
 *
 * @param values - In rising order.
 * @param most - How many fit.
 */
export function spacedTicks(values: readonly number[], most: number): number[] {
  const [low, high] = [Math.log2(values[0] ?? 1), Math.log2(values.at(-1) ?? 1)];
  const apart = (high - low) / most;
  const chosen: number[] = [];
  for (const [i, value] of values.entries()) {
    const place = Math.log2(value);
    const last = chosen.at(-1);
    const isFar = last === undefined || place - Math.log2(last) >= apart;
    const isLast = i === values.length - 1;
    if (isLast || (isFar && high - place >= apart)) chosen.push(value);
  }
  return chosen;
}

/** Microseconds on an axis: `500 µs`, `2 ms`. */
export function tickDuration(us: number): string {
  const plain = (value: number) => String(Number(value.toPrecision(3)));
  return us < 1000 ? `${plain(us)} µs` : `${plain(us / 1000)} ms`;
}

/** A number on an axis: `0.1`, `20`, `100 k`, `2 M`. */
export function tickNumber(value: number): string {
  const plain = (part: number) => String(Number(part.toPrecision(3)));
  if (value >= 1e6) return `${plain(value / 1e6)} M`;
  return value >= 1e4 ? `${plain(value / 1000)} k` : plain(value);
}
