#pragma once

#include <string>
#include <string_view>

#include "kernel/messaging/envelope.hpp"

namespace emporion::bridge {

inline constexpr std::string_view cloud_event_type = "application/cloudevents+json; charset=UTF-8";

/// The event as a CloudEvent in structured mode: `id` is the event's, `source` "/emporion/order", `type` the topic, `subject` and `partitionkey` the aggregate,
/// `sequence` its version. Source: CloudEvents 1.0.2, JSON event format; extensions sequence and partitioning.
std::string cloud_event(const messaging::Envelope& event);

}  // namespace emporion::bridge
