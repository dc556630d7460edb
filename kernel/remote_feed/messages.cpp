#include "kernel/remote_feed/messages.hpp"

namespace emporion::remote {

void write_wire(wire::Writer& writer, const FeedReadRequest& value) {
  writer.field(1, value.producer);
  writer.field(2, value.after);
  writer.field(3, value.topics);
  writer.field(4, value.count);
}

void read_wire(wire::Reader& reader, FeedReadRequest& out) {
  while (reader.next()) {
    switch (reader.number()) {
      case 1: reader.read(out.producer); break;
      case 2: reader.read(out.after); break;
      case 3: reader.read(out.topics); break;
      case 4: reader.read(out.count); break;
      default: break;
    }
  }
}

void write_wire(wire::Writer& writer, const FeedHint& value) {
  writer.field(1, value.process);
  writer.field(2, value.writes);
}

void read_wire(wire::Reader& reader, FeedHint& out) {
  while (reader.next()) {
    switch (reader.number()) {
      case 1: reader.read(out.process); break;
      case 2: reader.read(out.writes); break;
      default: break;
    }
  }
}

void write_wire(wire::Writer& writer, const FeedWatchRequest& value) {
  writer.field(1, value.producer);
  writer.field(2, value.seen);
}

void read_wire(wire::Reader& reader, FeedWatchRequest& out) {
  while (reader.next()) {
    switch (reader.number()) {
      case 1: reader.read(out.producer); break;
      case 2: reader.read(out.seen); break;
      default: break;
    }
  }
}

}  // namespace emporion::remote

namespace emporion::messaging {

void write_wire(wire::Writer& writer, const Position& value) {
  writer.field(1, value.xid);
  writer.field(2, value.id);
}

void read_wire(wire::Reader& reader, Position& out) {
  while (reader.next()) {
    switch (reader.number()) {
      case 1: reader.read(out.xid); break;
      case 2: reader.read(out.id); break;
      default: break;
    }
  }
}

void write_wire(wire::Writer& writer, const Envelope& value) {
  writer.field(1, value.event_id);
  writer.field(2, value.topic);
  writer.field(3, value.occurred_at);
  writer.field(4, value.source);
  writer.field(5, value.aggregate_id);
  writer.field(6, value.aggregate_version);
  writer.field(7, value.trace);
  writer.field(8, value.data);
  if (value.traced) writer.field(9, true);
}

void read_wire(wire::Reader& reader, Envelope& out) {
  while (reader.next()) {
    switch (reader.number()) {
      case 1: reader.read(out.event_id); break;
      case 2: reader.read(out.topic); break;
      case 3: reader.read(out.occurred_at); break;
      case 4: reader.read(out.source); break;
      case 5: reader.read(out.aggregate_id); break;
      case 6: reader.read(out.aggregate_version); break;
      case 7: reader.read(out.trace); break;
      case 8: reader.read(out.data); break;
      case 9: reader.read(out.traced); break;
      default: break;
    }
  }
}

void write_wire(wire::Writer& writer, const FeedPage::Item& value) {
  writer.field(1, value.position);
  writer.field(2, value.event);
}

void read_wire(wire::Reader& reader, FeedPage::Item& out) {
  while (reader.next()) {
    switch (reader.number()) {
      case 1: reader.read(out.position); break;
      case 2: reader.read(out.event); break;
      default: break;
    }
  }
}

void write_wire(wire::Writer& writer, const FeedPage& value) {
  writer.field(1, value.items);
  writer.field(2, value.next);
  writer.field(3, value.begun);
}

void read_wire(wire::Reader& reader, FeedPage& out) {
  while (reader.next()) {
    switch (reader.number()) {
      case 1: reader.read(out.items); break;
      case 2: reader.read(out.next); break;
      case 3: reader.read(out.begun); break;
      default: break;
    }
  }
}

}  // namespace emporion::messaging
