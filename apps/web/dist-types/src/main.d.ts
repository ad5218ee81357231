import './style.css';
//# sourceMappingURL=main.d.ts.map