//! What steps of lessons ask of the engine beyond its beginnings. A step that needs something that is not there is
//! locked: it says so in one sentence, and counts as reached when it opens.

/// Something that a step may need.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capability {
    /// As `needs` of a step calls it.
    pub name: &'static str,
    pub is_built: bool,
    english: &'static str,
    korean: &'static str,
}

const fn later(name: &'static str, english: &'static str, korean: &'static str) -> Capability {
    Capability { name, is_built: false, english, korean }
}

const fn built(name: &'static str, english: &'static str, korean: &'static str) -> Capability {
    Capability { name, is_built: true, english, korean }
}

pub const CAPABILITIES: [Capability; 11] = [
    later("apps", "applications that read and write", "읽고 쓰는 애플리케이션"),
    later("auth", "authentication", "인증"),
    later("capacity", "the sizing sheet", "용량 계산표"),
    later("chaos", "tapes of faults", "장애 테이프"),
    built("configs", "changing a topic's configuration while it is in use", "사용 중인 토픽의 설정 변경"),
    later("consumer-protocol", "the group protocol of KIP-848", "KIP-848 그룹 프로토콜"),
    later("quota", "quotas", "쿼터"),
    later("registry", "a schema registry", "스키마 레지스트리"),
    later("share-groups", "share groups", "셰어 그룹"),
    later("transactions", "transactions", "트랜잭션"),
    later("two-timelines", "two timelines side by side", "나란히 놓인 두 타임라인"),
];

impl Capability {
    pub fn named(name: &str) -> Option<&'static Capability> {
        CAPABILITIES.iter().find(|capability| capability.name == name)
    }

    /// The first of these that is not built.
    pub fn missing(needs: &[String]) -> Option<&'static Capability> {
        needs.iter().filter_map(|name| Capability::named(name)).find(|capability| !capability.is_built)
    }

    /// Why a step that needs it is locked; `tag` is the language, `en` or `ko`.
    pub fn sentence(&self, tag: &str) -> String {
        match tag {
            "ko" => format!("{} 기능이 아직 없어서 이 단계는 건너뛰어요.", self.korean),
            _ => format!("This step needs {}, which is not built yet, so it is skipped.", self.english),
        }
    }
}
