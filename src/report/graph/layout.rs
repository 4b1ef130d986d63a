//! Where boxes and arrows lie: columns from left to right, as few crossings as a few rounds find,
//! and the same result for the same graph on every machine.
//!
//! The steps are those of Sugiyama: turn round the arrows that close a cycle, give every box a
//! column, split arrows that skip columns, order the columns, then place each box as close to the
//! middle of its neighbours as the ones beside it allow.

use std::cmp::Reverse;

/// Room between columns, for arrows to bend in.
const COLUMN_GAP: f64 = 56.0;
/// Room between boxes of a column, and beside an arrow that passes through.
const ROW_GAP: f64 = 14.0;
const PASSING: f64 = 6.0;
/// Rounds of ordering and of placing; more change little.
const ROUNDS: usize = 12;

/// A box to place, in pixels.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub width: f64,
    pub height: f64,
    /// Whether its first column is an odd one. Arrows join odd boxes with even ones, so each kind
    /// keeps to columns of its own.
    pub odd: bool,
}

/// Where everything is.
#[derive(Debug, Default)]
pub struct Layout {
    pub width: f64,
    pub height: f64,
    /// Left upper corners, by box.
    pub boxes: Vec<(f64, f64)>,
    /// Points that each arrow leads through, from its start to its head.
    pub arrows: Vec<Vec<(f64, f64)>>,
}

/// A box, or the place where an arrow passes a column.
#[derive(Debug)]
struct Item {
    column: usize,
    size: Size,
    y: f64,
    left: Vec<usize>,
    right: Vec<usize>,
    /// How much it pulls: what passes wants to be straight more than a box wants to be central.
    weight: f64,
}

/// Places boxes with arrows between them.
pub fn place(sizes: &[Size], arrows: &[(usize, usize)]) -> Layout {
    if sizes.is_empty() {
        return Layout::default();
    }
    let rank = order_without_cycles(sizes.len(), arrows);
    let forward: Vec<(usize, usize)> =
        arrows.iter().map(|&(a, b)| if rank[a] <= rank[b] { (a, b) } else { (b, a) }).collect();
    let columns = columns(sizes, &forward, &rank);
    let (mut items, routes) = items(sizes, &forward, &columns);
    let mut order = first_order(&items);
    reorder(&items, &mut order);
    straighten(&mut items, &order);
    close_gaps(&mut items);
    finish(&items, &order, sizes.len(), &routes, arrows, &forward)
}

/// A place for each box such that few arrows lead back: sinks to the end, sources to the front, and
/// of the rest what gives most (Eades, Lin and Smyth).
fn order_without_cycles(count: usize, arrows: &[(usize, usize)]) -> Vec<usize> {
    let mut left: Vec<bool> = vec![true; count];
    let (mut front, mut back) = (Vec::new(), Vec::new());
    while front.len() + back.len() < count {
        let mut degrees = vec![(0usize, 0usize); count];
        for &(from, to) in arrows.iter().filter(|(from, to)| from != to && left[*from] && left[*to]) {
            degrees[from].1 += 1;
            degrees[to].0 += 1;
        }
        let remaining: Vec<usize> = (0..count).filter(|node| left[*node]).collect();
        let sinks: Vec<usize> = remaining.iter().copied().filter(|node| degrees[*node].1 == 0).collect();
        let sources: Vec<usize> = remaining.iter().copied().filter(|node| degrees[*node].0 == 0).collect();
        let gives = |node: &&usize| (degrees[**node].1 + arrows.len() - degrees[**node].0, Reverse(**node));
        let best = remaining.iter().max_by_key(gives);
        let (taken, to_back) = match (sinks.is_empty(), sources.is_empty()) {
            (false, _) => (sinks, true),
            (true, false) => (sources, false),
            (true, true) => (best.copied().into_iter().collect(), false),
        };
        for node in taken {
            left[node] = false;
            if to_back { back.push(node) } else { front.push(node) }
        }
    }
    back.reverse();
    front.extend(back);
    let mut rank = vec![0; count];
    for (place, node) in front.into_iter().enumerate() {
        rank[node] = place;
    }
    rank
}

/// The column of each box: right of all that lead to it, and as close to what it leads to as can be.
fn columns(sizes: &[Size], forward: &[(usize, usize)], rank: &[usize]) -> Vec<usize> {
    let mut by_rank: Vec<usize> = (0..sizes.len()).collect();
    by_rank.sort_by_key(|node| rank[*node]);
    let mut columns: Vec<usize> = sizes.iter().map(|size| usize::from(size.odd)).collect();
    for &node in &by_rank {
        for &(_, to) in forward.iter().filter(|(from, to)| *from == node && from != to) {
            columns[to] = columns[to].max(columns[node] + step(sizes, node, to));
        }
    }
    // What nothing leads to moves up to the first that it leads to.
    for &node in &by_rank {
        if forward.iter().all(|(from, to)| *to != node || from == to) {
            let nearest = forward.iter().filter(|(from, to)| *from == node && from != to);
            let nearest = nearest.map(|&(_, to)| columns[to] - step(sizes, node, to)).min();
            columns[node] = nearest.unwrap_or(columns[node]);
        }
    }
    columns
}

/// How many columns lie at least between two boxes: two when they are of a kind.
fn step(sizes: &[Size], from: usize, to: usize) -> usize {
    1 + usize::from(sizes[from].odd == sizes[to].odd)
}

/// Boxes first, then a place for every column that an arrow passes; and the items of each arrow.
fn items(sizes: &[Size], forward: &[(usize, usize)], columns: &[usize]) -> (Vec<Item>, Vec<Vec<usize>>) {
    let item = |column, size, weight| Item { column, size, y: 0.0, left: vec![], right: vec![], weight };
    let mut items: Vec<Item> =
        sizes.iter().zip(columns).map(|(size, column)| item(*column, *size, 1.0)).collect();
    let mut routes = Vec::new();
    for &(from, to) in forward {
        let mut route = vec![from];
        for column in columns[from] + 1..columns[to] {
            route.push(items.len());
            items.push(item(column, Size { width: 0.0, height: PASSING, odd: false }, 4.0));
        }
        route.push(to);
        for pair in route.windows(2).filter(|pair| pair[0] != pair[1]) {
            items[pair[0]].right.push(pair[1]);
            items[pair[1]].left.push(pair[0]);
        }
        routes.push(route);
    }
    (items, routes)
}

/// Columns, each from top to bottom, in the order in which arrows are followed.
fn first_order(items: &[Item]) -> Vec<Vec<usize>> {
    let last = items.iter().map(|item| item.column).max().unwrap_or(0);
    let mut order = vec![Vec::new(); last + 1];
    let mut seen = vec![false; items.len()];
    let mut starts: Vec<usize> = (0..items.len()).collect();
    starts.sort_by_key(|index| (items[*index].column, *index));
    for start in starts {
        let mut stack = vec![start];
        while let Some(index) = stack.pop() {
            if !std::mem::replace(&mut seen[index], true) {
                order[items[index].column].push(index);
                stack.extend(items[index].right.iter().rev());
            }
        }
    }
    order
}

/// Sorts each column by the middle of its neighbours, to and fro, and keeps the best found.
fn reorder(items: &[Item], order: &mut Vec<Vec<usize>>) {
    let mut best = (crossings(items, order), order.clone());
    for round in 0..ROUNDS {
        let rightwards = round % 2 == 0;
        let count = order.len();
        for step in 1..count {
            let column = if rightwards { step } else { count - 1 - step };
            let places = places(items.len(), order);
            let middle = |index: &usize| {
                let near = if rightwards { &items[*index].left } else { &items[*index].right };
                if near.is_empty() {
                    return places[*index];
                }
                near.iter().map(|other| places[*other]).sum::<f64>() / real(near.len())
            };
            order[column].sort_by(|a, b| middle(a).total_cmp(&middle(b)));
        }
        let found = crossings(items, order);
        if found < best.0 {
            best = (found, order.clone());
        }
    }
    *order = best.1;
}

/// How far down its column each item is.
fn places(count: usize, order: &[Vec<usize>]) -> Vec<f64> {
    let mut places = vec![0.0; count];
    for column in order {
        for (place, index) in column.iter().enumerate() {
            places[*index] = real(place);
        }
    }
    places
}

/// A count as a length.
pub(super) fn real(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

/// How many pairs of arrows cross between neighbouring columns.
fn crossings(items: &[Item], order: &[Vec<usize>]) -> usize {
    let places = places(items.len(), order);
    let mut total = 0;
    for column in order {
        let mut heads: Vec<f64> = Vec::new();
        for index in column {
            let mut own: Vec<f64> = items[*index].right.iter().map(|to| places[*to]).collect();
            own.sort_by(f64::total_cmp);
            for head in &own {
                total += heads.len() - heads.partition_point(|other| other <= head);
            }
            for head in own {
                heads.insert(heads.partition_point(|other| *other <= head), head);
            }
        }
    }
    total
}

/// Moves every item towards the middle of its neighbours, to and fro.
fn straighten(items: &mut [Item], order: &[Vec<usize>]) {
    for column in order {
        let mut y = 0.0;
        for &index in column {
            items[index].y = y + items[index].size.height / 2.0;
            y += items[index].size.height + ROW_GAP;
        }
    }
    for round in 0..ROUNDS {
        for step in 0..order.len() {
            let column = if round % 2 == 0 { step } else { order.len() - 1 - step };
            let column = &order[column];
            let wanted: Vec<(f64, f64)> = column
                .iter()
                .map(|&index| {
                    let item = &items[index];
                    let near = item.left.iter().chain(&item.right);
                    let (sum, count) = near.fold((0.0, 0.0), |(s, n), &other| (s + items[other].y, n + 1.0));
                    (if count > 0.0 { sum / count } else { item.y }, item.weight)
                })
                .collect();
            let apart: Vec<f64> = column
                .windows(2)
                .map(|pair| f64::midpoint(items[pair[0]].size.height, items[pair[1]].size.height) + ROW_GAP)
                .collect();
            for (&index, y) in column.iter().zip(spread(&wanted, &apart)) {
                items[index].y = y;
            }
        }
    }
}

/// Takes out room that nothing in any column needs, as between parts that no arrow joins.
fn close_gaps(items: &mut [Item]) {
    let mut by_top: Vec<usize> = (0..items.len()).collect();
    let top = |item: &Item| item.y - item.size.height / 2.0;
    by_top.sort_by(|a, b| top(&items[*a]).total_cmp(&top(&items[*b])));
    let (mut end, mut shift) = (f64::INFINITY, 0.0);
    for index in by_top {
        let item = &mut items[index];
        let free = item.y - item.size.height / 2.0 - end - 2.0 * ROW_GAP;
        end = if end.is_finite() { end } else { f64::NEG_INFINITY }.max(item.y + item.size.height / 2.0);
        shift += free.max(0.0);
        item.y -= shift;
    }
}

/// The places closest to the wanted ones (each with its weight) that keep their order and their
/// distances: neighbours that would overlap become a block around their common middle.
fn spread(wanted: &[(f64, f64)], apart: &[f64]) -> Vec<f64> {
    let mut offset = 0.0;
    let mut offsets = vec![0.0];
    for distance in apart {
        offset += distance;
        offsets.push(offset);
    }
    // Sum of weighted places, sum of weights, number of items.
    let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
    for ((place, weight), offset) in wanted.iter().zip(&offsets) {
        let mut block = ((place - offset) * weight, *weight, 1);
        while let Some(last) = blocks.last().filter(|last| last.0 / last.1 > block.0 / block.1) {
            block = (block.0 + last.0, block.1 + last.1, block.2 + last.2);
            blocks.pop();
        }
        blocks.push(block);
    }
    let middles =
        blocks.into_iter().flat_map(|(sum, weight, count)| std::iter::repeat_n(sum / weight, count));
    middles.zip(offsets).map(|(middle, offset)| middle + offset).collect()
}

/// Corners and points in pixels, from the upper left.
fn finish(
    items: &[Item],
    order: &[Vec<usize>],
    boxes: usize,
    routes: &[Vec<usize>],
    arrows: &[(usize, usize)],
    forward: &[(usize, usize)],
) -> Layout {
    let top = items.iter().map(|item| item.y - item.size.height / 2.0).fold(f64::INFINITY, f64::min);
    let bottom = items.iter().map(|item| item.y + item.size.height / 2.0).fold(0.0, f64::max);
    let mut spans = Vec::new();
    let mut x = 0.0;
    for column in order {
        let width = column.iter().map(|index| items[*index].size.width).fold(0.0, f64::max);
        spans.push((x, x + width));
        x += width + COLUMN_GAP;
    }
    let edges = |index: usize| {
        let (item, (left, right)) = (&items[index], spans[items[index].column]);
        // A box is in the middle of its column; what passes leads from side to side.
        let room = if index < boxes { (right - left - item.size.width) / 2.0 } else { 0.0 };
        (left + room, right - room, item.y - top)
    };
    let corner = |index: usize| {
        let (left, _, y) = edges(index);
        (left, y - items[index].size.height / 2.0)
    };
    let route = |(number, route): (usize, &Vec<usize>)| {
        let mut points = Vec::new();
        for (place, &index) in route.iter().enumerate() {
            let (left, right, y) = edges(index);
            if place > 0 {
                points.push((left, y));
            }
            if place + 1 < route.len() {
                points.push((right, y));
            }
        }
        if arrows[number] != forward[number] {
            points.reverse();
        }
        points
    };
    Layout {
        width: x - COLUMN_GAP,
        height: bottom - top,
        boxes: (0..boxes).map(corner).collect(),
        arrows: routes.iter().enumerate().map(route).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(kinds: &[bool]) -> Vec<Size> {
        kinds.iter().map(|&odd| Size { width: 100.0, height: 20.0, odd }).collect()
    }

    #[test]
    fn boxes_of_a_column_keep_apart_and_close_to_where_they_want_to_be() {
        assert_eq!(spread(&[(0.0, 1.0), (100.0, 1.0)], &[10.0]), [0.0, 100.0]);
        assert_eq!(spread(&[(50.0, 1.0), (50.0, 1.0)], &[10.0]), [45.0, 55.0]);
        assert_eq!(spread(&[(50.0, 4.0), (50.0, 1.0)], &[10.0]), [48.0, 58.0]);
        assert_eq!(spread(&[(9.0, 1.0), (0.0, 1.0), (99.0, 1.0)], &[10.0, 10.0]), [-0.5, 9.5, 99.0]);
    }

    #[test]
    fn what_is_published_lies_right_of_who_publishes_it() {
        // 0 → 1 → 2 → 3, and 1 also to 4.
        let layout = place(&sizes(&[false, true, false, true, false]), &[(0, 1), (1, 2), (2, 3), (1, 4)]);
        let x = |index: usize| layout.boxes[index].0;
        assert!(x(0) < x(1) && x(1) < x(2) && x(2) < x(3));
        assert!((x(2) - x(4)).abs() < 0.01, "who subscribe to the same topic share a column");
        assert!((layout.boxes[2].1 - layout.boxes[4].1).abs() >= 20.0 + ROW_GAP);
        for points in &layout.arrows {
            assert!(points.first().unwrap().0 < points.last().unwrap().0);
        }
    }

    #[test]
    fn a_cycle_and_an_arrow_to_itself_are_drawn_too() {
        let layout = place(&sizes(&[false, true, false, true]), &[(0, 1), (1, 2), (2, 3), (3, 0), (0, 0)]);
        assert_eq!(layout.boxes.len(), 4);
        assert!(layout.arrows.iter().take(4).all(|points| points.len() >= 2));
        let inside =
            |(x, y): &(f64, f64)| (0.0..=layout.width).contains(x) && (0.0..=layout.height).contains(y);
        assert!(layout.arrows.iter().flatten().all(inside));
    }

    #[test]
    fn boxes_never_overlap() {
        // A crowd: every service gives to one topic and takes from another.
        let count = 40;
        let kinds: Vec<bool> = (0..count * 2).map(|index| index >= count).collect();
        let arrows: Vec<(usize, usize)> =
            (0..count).flat_map(|it| [(it, count + it), (count + (it * 7 + 3) % count, it)]).collect();
        let layout = place(&sizes(&kinds), &arrows);
        for (index, a) in layout.boxes.iter().enumerate() {
            for b in &layout.boxes[index + 1..] {
                assert!((a.0 - b.0).abs() >= 100.0 || (a.1 - b.1).abs() >= 20.0, "{a:?} {b:?}");
            }
        }
    }
}
