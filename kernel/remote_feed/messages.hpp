#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/messaging/feed.hpp"
#include "kernel/wire/reader.hpp"
#include "kernel/wire/writer.hpp"

/// What goes over the wire between the two ends of a feed, as contracts/emporion/feed.proto says.
namespace emporion::remote {

struct FeedReadRequest {
  std::string producer;
  messaging::Position after;
  std::vector<std::string> topics;
  std::int32_t count = 0;
};

struct FeedHint {
  std::int64_t process = 0;  ///< Who counted; 0: nobody yet.
  std::int64_t writes = 0;
  friend bool operator==(const FeedHint&, const FeedHint&) = default;
};

struct FeedWatchRequest {
  std::string producer;
  FeedHint seen;
};

void write_wire(wire::Writer& writer, const FeedReadRequest& value);
void read_wire(wire::Reader& reader, FeedReadRequest& out);
void write_wire(wire::Writer& writer, const FeedHint& value);
void read_wire(wire::Reader& reader, FeedHint& out);
void write_wire(wire::Writer& writer, const FeedWatchRequest& value);
void read_wire(wire::Reader& reader, FeedWatchRequest& out);

}  // namespace emporion::remote

namespace emporion::messaging {

void write_wire(wire::Writer& writer, const Position& value);
void read_wire(wire::Reader& reader, Position& out);
void write_wire(wire::Writer& writer, const Envelope& value);
void read_wire(wire::Reader& reader, Envelope& out);
void write_wire(wire::Writer& writer, const FeedPage::Item& value);
void read_wire(wire::Reader& reader, FeedPage::Item& out);
void write_wire(wire::Writer& writer, const FeedPage& value);
void read_wire(wire::Reader& reader, FeedPage& out);

}  // namespace emporion::messaging
