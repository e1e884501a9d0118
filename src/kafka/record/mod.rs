//! Record batches v2 and their exact bytes.
