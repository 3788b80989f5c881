#!/bin/bash
LR=2e-5
torchrun --nproc_per_node=8 train.py \
    --learning_rate $LR --lr_scheduler_type "cosine" \
    --warmup_ratio 0.03 --max_steps 200 --bf16 True
