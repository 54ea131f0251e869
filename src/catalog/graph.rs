//! Things that refer to each other: what each leads to, or what is wrong with that.

use super::model::Positions;

/// How many things one may lead to.
pub(crate) const CHAIN_MAX: usize = 64;

/// What makes chains unusable.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// Things that lead back to themselves, each circle as the positions along it.
    Circles(Vec<Vec<usize>>),
    /// A thing that leads to more than [`CHAIN_MAX`] others.
    TooLong(usize),
}

/// For each thing all that it leads to, directly or not, nearest first; `next` says what each leads to directly.
pub(crate) fn chains(next: &[Positions]) -> Result<Vec<Positions>, Broken> {
    let following = |node: usize| next.get(node).map_or(&[][..], |next| next);
    let order = order(next.len(), |node| following(node).iter().map(|next| usize::from(*next)).collect());
    let mut chains = vec![Positions::default(); next.len()];
    for node in order.map_err(Broken::Circles)? {
        let mut chain: Vec<u16> = Vec::new();
        for direct in following(node) {
            let further = chains.get(usize::from(*direct)).map_or(&[][..], |chain| chain);
            for reached in std::iter::once(direct).chain(further) {
                if !chain.contains(reached) {
                    chain.push(*reached);
                }
            }
            if chain.len() > CHAIN_MAX {
                return Err(Broken::TooLong(node));
            }
        }
        if let Some(slot) = chains.get_mut(node) {
            *slot = chain.into();
        }
    }
    Ok(chains)
}

/// Sorts `count` things so that each comes after all that `next` says it refers to.
///
/// # Errors
/// The circles among them, each as the positions along it.
fn order(count: usize, next: impl Fn(usize) -> Vec<usize>) -> Result<Vec<usize>, Vec<Vec<usize>>> {
    let referred: Vec<Vec<usize>> = (0..count).map(next).collect();
    let mut ordered = Vec::with_capacity(count);
    let mut open = vec![true; count];
    let mut waiting = referring(&referred);
    let mut missing: Vec<usize> = referred.iter().map(Vec::len).collect();
    let mut ready: Vec<usize> = (0..count).filter(|node| missing.get(*node) == Some(&0)).collect();
    while let Some(node) = ready.pop() {
        ordered.push(node);
        if let Some(open) = open.get_mut(node) {
            *open = false;
        }
        for user in waiting.get_mut(node).map(std::mem::take).unwrap_or_default() {
            if let Some(missing) = missing.get_mut(user) {
                *missing = missing.saturating_sub(1);
                if *missing == 0 {
                    ready.push(user);
                }
            }
        }
    }
    if ordered.len() == count { Ok(ordered) } else { Err(circles(&referred, &open)) }
}

fn referring(referred: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut waiting = vec![Vec::new(); referred.len()];
    for (user, nodes) in referred.iter().enumerate() {
        for node in nodes {
            if let Some(waiting) = waiting.get_mut(*node) {
                waiting.push(user);
            }
        }
    }
    waiting
}

/// Every blocked node leads into a circle: follow each until a node comes again.
fn circles(referred: &[Vec<usize>], blocked: &[bool]) -> Vec<Vec<usize>> {
    let is_blocked = |node: &&usize| blocked.get(**node) == Some(&true);
    let mut open = blocked.to_vec();
    let mut circles = Vec::new();
    for first in 0..blocked.len() {
        let (mut path, mut node) = (Vec::new(), first);
        while open.get_mut(node).is_some_and(std::mem::take) {
            path.push(node);
            let Some(following) = referred.get(node).and_then(|nodes| nodes.iter().find(is_blocked)) else {
                break;
            };
            if let Some(start) = path.iter().position(|passed| passed == following) {
                circles.push(path.split_off(start));
            }
            node = *following;
        }
    }
    circles
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order_of(edges: &[&[usize]]) -> Result<Vec<usize>, Vec<Vec<usize>>> {
        order(edges.len(), |node| edges[node].to_vec())
    }

    #[test]
    fn what_is_referred_to_comes_first() {
        assert_eq!(order_of(&[&[1], &[2], &[]]), Ok(vec![2, 1, 0]));
    }

    #[test]
    fn every_circle_is_named_once() {
        assert_eq!(order_of(&[&[1], &[2], &[1], &[3], &[]]), Err(vec![vec![1, 2], vec![3]]));
    }

    fn chains_of(edges: &[&[u16]]) -> Result<Vec<Positions>, Broken> {
        chains(&edges.iter().map(|edges| Positions::from(*edges)).collect::<Vec<_>>())
    }

    #[test]
    fn a_chain_has_the_nearest_first_and_each_once() {
        let chains = chains_of(&[&[1, 2], &[3], &[3], &[]]).unwrap();
        assert_eq!(*chains[0], [1, 3, 2]);
    }

    #[test]
    fn a_chain_ends_at_the_declared_limit() {
        let line = |count: u16| -> Vec<Positions> {
            (1..=count).map(|next| if next < count { [next].into() } else { Positions::default() }).collect()
        };
        assert!(chains(&line(65)).is_ok());
        assert_eq!(chains(&line(66)), Err(Broken::TooLong(0)));
    }

    #[test]
    fn a_chain_of_a_hundred_thousand_needs_no_stack() {
        let count = 100_000;
        let ordered = order(count, |node| if node + 1 < count { vec![node + 1] } else { Vec::new() });
        assert_eq!(ordered.unwrap().len(), count);
    }
}
