/** Places of nodes in a drawing. The same graph is drawn the same way: no chance. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What is drawn around a place: its width and height, and how far its middle lies below the place. */
export interface Box {
  readonly width: number;
  readonly height: number;
  readonly below: number;
}

type Pair = readonly [from: string, to: string];

const STEPS = 260;
const APART_STEPS = 400;

/** Around one that nearly all talk to, and that nearly all of the talk is with; undefined if there is none. */
export function hubLayout(ids: readonly string[], edges: readonly Pair[]): Map<string, Point> | undefined {
  const degree = new Map<string, number>();
  for (const ends of edges) for (const id of ends) degree.set(id, (degree.get(id) ?? 0) + 1);
  const [hub, most] = [...degree].sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1))[0] ?? ["", 0];
  if (ids.length < 4 || most < 0.7 * (ids.length - 1) || edges.length > 1.3 * most) return undefined;
  const others = ids.filter((id) => id !== hub);
  const around = others.map((id, i): [string, Point] => {
    const angle = (2 * Math.PI * i) / others.length - Math.PI / 2;
    return [id, { x: 0.5 + 0.5 * Math.cos(angle), y: 0.5 + 0.5 * Math.sin(angle) }];
  });
  return new Map([...around, [hub, { x: 0.5, y: 0.5 }]]);
}

/** Nodes that pull at each other along edges and push otherwise, within the unit square. Source: Fruchterman and Reingold, 1991. */
export function forceLayout(ids: readonly string[], edges: readonly Pair[]): Map<string, Point> {
  const n = ids.length;
  const index = new Map(ids.map((id, i) => [id, i]));
  const links = edges.flatMap(([a, b]) => {
    const [one, other] = [index.get(a), index.get(b)];
    return one === undefined || other === undefined || one === other ? [] : [[one, other] as const];
  });
  const degree = new Float64Array(n);
  for (const [a, b] of links) {
    degree[a]!++;
    degree[b]!++;
  }
  // A golden spiral, those with most edges in the middle: a good start, and no two in one place.
  const order = [...ids.keys()].sort((a, b) => degree[b]! - degree[a]! || a - b);
  const [x, y] = [new Float64Array(n), new Float64Array(n)];
  for (const [rank, i] of order.entries()) {
    const [angle, radius] = [rank * 2.399963, 0.5 * Math.sqrt((rank + 0.5) / n)];
    x[i] = radius * Math.cos(angle) * 1.6;
    y[i] = radius * Math.sin(angle);
  }
  const ideal = Math.sqrt(1.2 / Math.max(1, n));
  for (let step = 0; step < STEPS; step++) {
    const heat = 0.08 * (1 - step / STEPS);
    const [dx, dy] = [new Float64Array(n), new Float64Array(n)];
    for (let a = 0; a < n; a++) {
      for (let b = a + 1; b < n; b++) {
        const [ex, ey] = [x[a]! - x[b]!, y[a]! - y[b]!];
        const push = (ideal * ideal) / Math.max(1e-4, ex * ex + ey * ey);
        dx[a]! += ex * push;
        dy[a]! += ey * push;
        dx[b]! -= ex * push;
        dy[b]! -= ey * push;
      }
      dx[a]! -= x[a]! * 0.25;
      dy[a]! -= y[a]! * 0.7;
    }
    for (const [a, b] of links) {
      const [ex, ey] = [x[a]! - x[b]!, y[a]! - y[b]!];
      const pull = Math.hypot(ex, ey) / ideal / Math.sqrt(Math.max(degree[a]!, degree[b]!));
      dx[a]! -= ex * pull;
      dy[a]! -= ey * pull;
      dx[b]! += ex * pull;
      dy[b]! += ey * pull;
    }
    for (let i = 0; i < n; i++) {
      const size = Math.max(1e-9, Math.hypot(dx[i]!, dy[i]!));
      const move = Math.min(heat, size * 0.05) / size;
      x[i]! += dx[i]! * move;
      y[i]! += dy[i]! * move;
    }
  }
  return fitted(ids, x, y);
}

/**
 * Move boxes that lie over each other apart, within `width` and `height`, each as little as possible; where there is no room for
 * all of them, some still touch. Takes places in the unit square, gives them in the drawing's units.
 */
export function apart(
  places: ReadonlyMap<string, Point>,
  boxes: ReadonlyMap<string, Box>,
  width: number,
  height: number,
): Map<string, Point> {
  const ids = [...places.keys()];
  const sizes = ids.map((id) => boxes.get(id)!);
  const [x, y] = [new Float64Array(ids.length), new Float64Array(ids.length)];
  const keepInside = (i: number) => {
    const { width: w, height: h } = sizes[i]!;
    x[i] = Math.max(w / 2, Math.min(width - w / 2, x[i]!));
    y[i] = Math.max(h / 2, Math.min(height - h / 2, y[i]!));
  };
  for (const [i, id] of ids.entries()) {
    const place = places.get(id)!;
    x[i] = place.x * width;
    y[i] = place.y * height;
    keepInside(i);
  }
  for (let step = 0, touching = true; step < APART_STEPS && touching; step++) {
    touching = false;
    for (let a = 0; a < ids.length; a++) {
      for (let b = a + 1; b < ids.length; b++) {
        const [dx, dy] = [x[b]! - x[a]!, y[b]! - y[a]!];
        const overX = (sizes[a]!.width + sizes[b]!.width) / 2 - Math.abs(dx);
        const overY = (sizes[a]!.height + sizes[b]!.height) / 2 - Math.abs(dy);
        if (overX <= 0 || overY <= 0) continue;
        touching = true;
        // Boxes are wide and low: the shorter way out is mostly up or down.
        if (overX < overY) {
          const move = (dx < 0 ? -1 : 1) * (overX / 2 + 0.5);
          x[a]! -= move;
          x[b]! += move;
        } else {
          const move = (dy < 0 ? -1 : 1) * (overY / 2 + 0.5);
          y[a]! -= move;
          y[b]! += move;
        }
        keepInside(a);
        keepInside(b);
      }
    }
  }
  return new Map(ids.map((id, i) => [id, { x: x[i]!, y: y[i]! - sizes[i]!.below }]));
}

/** A tree from its root on the left, leaves one below the other; what is no tree is laid out along its first ways. */
export function treeLayout(ids: readonly string[], edges: readonly Pair[]): Map<string, Point> {
  const next = new Map<string, string[]>(ids.map((id) => [id, []]));
  for (const [a, b] of edges) {
    next.get(a)?.push(b);
    next.get(b)?.push(a);
  }
  const depth = new Map<string, number>();
  const children = new Map<string, string[]>();
  const roots: string[] = [];
  for (const root of ids) {
    if (depth.has(root)) continue;
    roots.push(root);
    depth.set(root, 0);
    const queue = [root];
    for (const id of queue) {
      const own = next.get(id)!.filter((other) => !depth.has(other));
      children.set(id, own);
      for (const other of own) {
        depth.set(other, depth.get(id)! + 1);
        queue.push(other);
      }
    }
  }
  const row = new Map<string, number>();
  let rows = 0;
  const place = (id: string): number => {
    const own = children.get(id)!;
    const at = own.length === 0 ? rows++ : own.map(place).reduce((sum, one) => sum + one, 0) / own.length;
    row.set(id, at);
    return at;
  };
  for (const root of roots) place(root);
  return fitted(
    ids,
    ids.map((id) => depth.get(id)!),
    ids.map((id) => row.get(id)!),
  );
}

/** Places scaled to the unit square, each way by itself. */
export function fitted(ids: readonly string[], x: ArrayLike<number>, y: ArrayLike<number>): Map<string, Point> {
  const scale = (values: ArrayLike<number>) => {
    const [min, max] = [Math.min(...Array.from(values)), Math.max(...Array.from(values))];
    return (value: number) => (max === min ? 0.5 : (value - min) / (max - min));
  };
  const [sx, sy] = [scale(x), scale(y)];
  return new Map(ids.map((id, i) => [id, { x: sx(x[i]!), y: sy(y[i]!) }]));
}
