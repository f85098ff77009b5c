// The standard normal distribution function and its inverse.

// P(Z <= x), with an absolute error of about 1e-15 (Hart 1968, as in West 2005).
export function ndtr(x) {
  const z = Math.abs(x);
  if (z > 37) return x > 0 ? 1 : 0;
  const bell = Math.exp((-z * z) / 2);
  const tail = z < 7.07106781186547 ? (bell * TOP(z)) / BOTTOM(z) : bell / fraction(z);
  return x > 0 ? 1 - tail : tail;
}

const polynomial = coefficients => x => coefficients.reduce((sum, c) => sum * x + c, 0);
const TOP = polynomial([
  3.52624965998911e-2, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871,
  221.213596169931, 220.206867912376,
]);
const BOTTOM = polynomial([
  8.83883476483184e-2, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674,
  637.333633378831, 793.826512519948, 440.413735824752,
]);

function fraction(z) {
  const inner = z + 1 / (z + 2 / (z + 3 / (z + 4 / (z + 0.65))));
  return inner * 2.506628274631;
}

// The x with P(Z <= x) = p: Acklam's rational approximation, and two steps of Newton's method.
export function ndtri(p) {
  let x = p < 0.02425 ? lower(p) : p > 0.97575 ? -lower(1 - p) : central(p - 0.5);
  for (let i = 0; i < 2; i++) {
    x -= ((ndtr(x) - p) * Math.sqrt(2 * Math.PI)) / Math.exp((-x * x) / 2);
  }
  return x;
}

const CENTRAL = polynomial([
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716,
  2.506628277459239,
]);
const UNDER = polynomial([
  -54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572,
  1,
]);
const LOWER = polynomial([
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734,
  4.374664141464968, 2.938163982698783,
]);
const BELOW = polynomial([
  0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1,
]);

const central = q => (q * CENTRAL(q * q)) / UNDER(q * q);

function lower(p) {
  const q = Math.sqrt(-2 * Math.log(p));
  return LOWER(q) / BELOW(q);
}
