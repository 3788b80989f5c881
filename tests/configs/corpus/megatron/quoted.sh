#!/bin/bash
GPUS_PER_NODE=8
LR=1e-3
MIN_LR=1e-4
OPTIONS=" \
    --lr ${LR} \
    --min-lr $MIN_LR \
    --lr-decay-style cosine \
    --train-iters 120 "
torchrun --nproc_per_node $GPUS_PER_NODE pretrain_gpt.py $OPTIONS --lr-warmup-iters 12; echo done
