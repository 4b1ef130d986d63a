import mongoose, { Schema } from "mongoose";

const schema = new Schema({ status: String, version: Number });

schema.statics.ship = function (id: string) {
  return this.findOneAndUpdate({ _id: id, status: "paid" }, { $set: { status: "shipped" }, $inc: { version: 1 } });
};

export const Order = mongoose.model("Order", schema);
