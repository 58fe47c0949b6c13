// Max pooling of a square map of digits, without padding, rounded down.
export const SIDE = 7;

// For each window its place, its largest number, and where that is: the first, row by row.
export function pooled(map, size, strides) {
  const starts = [];
  for (let at = 0; at + size <= SIDE; at += strides) starts.push(at);
  return starts.map((top) => starts.map((left) => {
    let at = [top, left];
    for (let row = top; row < top + size; row++) {
      for (let column = left; column < left + size; column++) {
        if (map[row][column] > map[at[0]][at[1]]) at = [row, column];
      }
    }
    return { top, left, most: map[at[0]][at[1]], at };
  }));
}

// How many windows each number wins; a window of zeros has no winner.
export function wins(map, windows) {
  const won = map.map((row) => row.map(() => 0));
  for (const { most, at } of windows.flat()) if (most > 0) won[at[0]][at[1]] += 1;
  return won;
}
