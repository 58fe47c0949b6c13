// Local response normalization of one place of a map: what each channel's number is divided by.
export const divisors = (values, { n, k, alpha, beta, mean }) =>
  values.map((_, c) => {
    const near = values.slice(Math.max(0, c - (n - 1) / 2), c + (n - 1) / 2 + 1);
    const sum = near.reduce((total, value) => total + value * value, 0);
    return (k + (mean ? alpha / n : alpha) * sum) ** beta;
  });
