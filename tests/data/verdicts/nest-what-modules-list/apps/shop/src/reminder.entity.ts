import { Column, Entity, PrimaryGeneratedColumn } from "typeorm";
@Entity()
export class Reminder {
  @PrimaryGeneratedColumn("uuid") id: string;
  @Column() subject: string;
  @Column({ nullable: true }) owner: string | null;
}
