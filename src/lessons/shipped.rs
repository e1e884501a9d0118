//! The lessons that there are, with their files. The page fetches a lesson's files when it is opened and names none of
//! this; the console has them on its shelf from the start.

use super::classroom::Classroom;

/// Ids of the lessons, in the order of the curriculum.
pub const IDS: [&str; 2] = ["L03", "L05"];

/// A lesson's id and its files.
#[derive(Clone, Copy, Debug)]
pub struct Files {
    pub id: &'static str,
    pub lesson: &'static str,
    pub english: &'static str,
    pub korean: &'static str,
}

macro_rules! files {
    ($id:literal) => {
        Files {
            id: $id,
            lesson: include_str!(concat!("../../lessons/", $id, "/lesson.json")),
            english: include_str!(concat!("../../lessons/", $id, "/text.en.json")),
            korean: include_str!(concat!("../../lessons/", $id, "/text.ko.json")),
        }
    };
}

pub const LESSONS: [Files; IDS.len()] = [files!("L03"), files!("L05")];

impl Classroom {
    /// A classroom with every lesson on its shelf, in all languages.
    ///
    /// # Errors
    /// A file that is malformed; tests read them all.
    pub fn stocked() -> Result<Classroom, String> {
        let mut classroom = Classroom::default();
        for files in &LESSONS {
            classroom.shelve(files.lesson)?;
            classroom.translate(files.id, "en", files.english)?;
            classroom.translate(files.id, "ko", files.korean)?;
        }
        Ok(classroom)
    }
}
