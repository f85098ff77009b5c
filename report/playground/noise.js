// The noise of core/noise.py: number p of sample i is a function of seed, i and p alone, by the
// counter-based random numbers Philox4x32-10 (Salmon et al. 2011).

const FACTORS = [0xd2511f53, 0xcd9e8d57];
const KEYS = [0x9e3779b9, 0xbb67ae85];
const ROUNDS = 10;

// The high and low words of the product of two words of 32 bits.
function product(a, b) {
  const [ah, al, bh, bl] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const low = al * bl;
  const middle = ah * bl + (low >>> 16);
  const cross = al * bh + (middle % 0x10000);
  const high = ah * bh + Math.floor(middle / 0x10000) + Math.floor(cross / 0x10000);
  return [high >>> 0, Math.imul(a, b) >>> 0];
}

// Four random words for a counter of four words and a key of two.
export function words(counter, key) {
  let [a, b, c, d] = counter;
  let [low, high] = key;
  for (let i = 0; i < ROUNDS; i++) {
    const [ah, al] = product(a, FACTORS[0]);
    const [ch, cl] = product(c, FACTORS[1]);
    [a, b, c, d] = [(ch ^ b ^ low) >>> 0, cl, (ah ^ d ^ high) >>> 0, al];
    low = (low + KEYS[0]) >>> 0;
    high = (high + KEYS[1]) >>> 0;
  }
  return [a, b, c, d];
}

// Two normal numbers from two words (Box and Muller 1958), in single precision as in the library.
function normals(first, second) {
  const f = Math.fround;
  const uniform = Math.min(f(f(f(first) + 0.5) / 2 ** 32), 1);
  const radius = f(Math.sqrt(f(-2 * f(Math.log(uniform)))));
  const angle = f(f(second) * f((2 * Math.PI) / 2 ** 32));
  return [f(radius * f(Math.cos(angle))), f(radius * f(Math.sin(angle)))];
}

// A source of noise: each call returns the next two numbers of n samples, (2 n,).
export function streams(seed, n) {
  const key = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0];
  const ahead = Array.from({ length: n }, () => []);
  let place = 0;
  return () => {
    if (n > 0 && ahead[0].length === 0) {
      for (let i = 0; i < n; i++) {
        const [a, b, c, d] = words([place, 0, i, 0], key);
        ahead[i] = [...normals(a, b), ...normals(c, d)];
      }
      place += 1;
    }
    return Float64Array.from(ahead.flatMap(numbers => numbers.splice(0, 2)));
  };
}
