#!/usr/bin/env python3
"""TensorBoard's own package on both sides of Danlu's event files.

    events.py write         makes Tests/FormatsTests/Golden/events.tfevents with TensorBoard's writer
    events.py check FILE    reads FILE with TensorBoard's EventAccumulator, prints what it holds, and
                            fails where it differs from what `EventFileTests` writes

Needs: tensorboard 2.21 (`pip install tensorboard`).
"""

import io
import os
import sys

from tensorboard.backend.event_processing.event_accumulator import (
    HISTOGRAMS, IMAGES, SCALARS, TENSORS, EventAccumulator)
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.summary.writer.record_writer import RecordWriter

GOLDEN = os.path.join(os.path.dirname(__file__), "..", "..", "Tests", "FormatsTests", "Golden")


def events():
    yield Event(wall_time=1700000000.0, file_version="brain.Event:2")
    for step in range(3):
        yield Event(
            wall_time=1700000001.5 + step, step=step,
            summary=Summary(value=[
                Summary.Value(tag="loss", simple_value=1 / (1 + step)),
                Summary.Value(tag="精度", simple_value=0.5 * step),
            ]))
    yield Event(
        wall_time=1700000010.0, step=300,
        summary=Summary(value=[
            Summary.Value(
                tag="weights",
                histo=HistogramProto(min=-1, max=2, num=4, sum=2.5, sum_squares=6.25,
                                     bucket_limit=[0, 1, 2], bucket=[1, 2, 1])),
            Summary.Value(
                tag="sample",
                image=Summary.Image(height=2, width=3, colorspace=1, encoded_image_string=b"PNG")),
            Summary.Value(
                tag="note",
                metadata=SummaryMetadata(
                    plugin_data=SummaryMetadata.PluginData(plugin_name="text")),
                tensor=TensorProto(
                    dtype=7, tensor_shape=TensorShapeProto(dim=[TensorShapeProto.Dim(size=2)]),
                    string_val=["丹炉".encode(), b"# title"])),
        ]))


def write():
    with open(os.path.join(GOLDEN, "events.tfevents"), "wb") as file:
        writer = RecordWriter(file)
        for event in events():
            writer.write(event.SerializeToString(deterministic=True))
        writer.flush()


def check(path):
    sizes = {SCALARS: 0, IMAGES: 0, HISTOGRAMS: 0, TENSORS: 0}
    accumulator = EventAccumulator(path, size_guidance=sizes)
    accumulator.Reload()
    tags = accumulator.Tags()
    print("scalars", tags["scalars"], "images", tags["images"], "histograms", tags["histograms"],
          "tensors", tags["tensors"])
    losses = accumulator.Scalars("loss")
    print("loss", [(event.step, round(event.value, 6)) for event in losses])
    assert [event.step for event in losses] == list(range(len(losses))) and len(losses) >= 3
    assert abs(losses[2].value - 1 / 3) < 1e-6
    assert len(accumulator.Scalars("精度")) == len(losses)
    image = accumulator.Images("sample")[0]
    from PIL import Image
    picture = Image.open(io.BytesIO(image.encoded_image_string))
    print("image", picture.size, picture.mode)
    assert picture.size == (image.width, image.height)
    histogram = accumulator.Histograms("weights")[0].histogram_value
    print("histogram", list(histogram.bucket_limit), list(histogram.bucket), histogram.num)
    assert sum(histogram.bucket) == histogram.num == 4
    texts = accumulator.Tensors("note")[0].tensor_proto.string_val
    print("text", [text.decode() for text in texts])
    assert texts[0].decode() == "丹炉"
    assert accumulator.SummaryMetadata("note").plugin_data.plugin_name == "text"
    print("ok")


if __name__ == "__main__":
    if sys.argv[1:2] == ["write"]:
        write()
    elif len(sys.argv) == 3 and sys.argv[1] == "check":
        check(sys.argv[2])
    else:
        sys.exit(__doc__)
