//! Serializers and deserializers.
