#include "kernel/bridge/cloud_event.hpp"

#include "kernel/base/text.hpp"
#include "kernel/json/writer.hpp"

namespace emporion::bridge {

std::string cloud_event(const messaging::Envelope& event) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("specversion").string("1.0").key("id").string(event.event_id.to_string()).key("source").string(text("/emporion/", event.source));
  writer.key("type").string(event.topic).key("subject").string(event.aggregate_id).key("time").string(event.occurred_at.to_string());
  writer.key("partitionkey").string(event.aggregate_id).key("sequence").string(std::to_string(event.aggregate_version));
  writer.key("datacontenttype").string("application/json").key("data").raw(event.data).end_object();
  return out;
}

}  // namespace emporion::bridge
