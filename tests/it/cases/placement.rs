//! Replica placement with Kafka's own draws.

use serde_json::json;

use super::{Outcome, answers, check_file, compare};
use highwater::kafka::controller::placement::{PlacementBroker, place};
use highwater::kafka::ids::NodeId;

#[test]
fn cases_placement() {
    check_file("placement.json", |case, _| {
        let brokers: Vec<_> = case["brokers"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|broker| PlacementBroker {
                id: NodeId(broker[0].as_i64().expect("an id") as i32),
                rack: broker[1].as_str().map(Into::into),
                fenced: broker[2].as_bool().expect("a flag"),
            })
            .collect();
        let draws = case["draws"].as_array().expect("a list");
        let mut drawn = 0;
        let mut wrong_bound = None;
        let mut draw = |bound: u32| {
            let draw = draws.get(drawn).expect("Kafka draws no more numbers");
            drawn += 1;
            if draw[0] != bound {
                wrong_bound.get_or_insert(format!("draw {drawn}: Kafka draws below {}, we below {bound}", draw[0]));
            }
            (draw[1].as_u64().expect("a number") as u32).min(bound - 1)
        };
        let partitions = case["partitions"].as_i64().expect("a number") as i32;
        let start = case["startPartition"].as_i64().expect("a number") as i32;
        let factor = case["replicationFactor"].as_i64().expect("a number") as i16;
        let placed = place(start, partitions, factor, &brokers, &mut draw);
        if let Some(wrong) = wrong_bound {
            return Outcome::Failed(wrong);
        }
        if drawn != draws.len() {
            return Outcome::Failed(format!("Kafka draws {} numbers, we {drawn}", draws.len()));
        }
        let actual = match placed {
            Ok(replicas) => {
                let ids = |list: &Vec<NodeId>| list.iter().map(|node| node.0).collect::<Vec<_>>();
                json!({"replicas": replicas.iter().map(ids).collect::<Vec<_>>()})
            }
            Err(error) => json!({"error": {"exception": error.code.exception(), "message": error.message()}}),
        };
        compare(&answers(case, &["brokers", "startPartition", "partitions", "replicationFactor", "draws"]), &actual)
    });
}
